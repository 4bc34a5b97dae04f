/** What the kernel refuses a walled process: a filter of system calls (seccomp, classic BPF), made for bwrap. */
import { endianness } from 'node:os';

/** Numbers of system calls and the architecture as the kernel's audit names it, by Node's name of the machine. */
interface Machine {
  readonly audit: number;
  readonly clone: number;
  readonly clone3: number;
  readonly socket: number;
  readonly refused: readonly number[];
}

/**
 * fork, vfork; ptrace, process_vm_readv and _writev, pidfd_getfd; mount, umount2, pivot_root, chroot, open_tree,
 * move_mount, fsopen, fsmount, fspick, mount_setattr, name_to_handle_at, open_by_handle_at; unshare, setns; bpf,
 * perf_event_open, userfaultfd, io_uring_setup; add_key, request_key, keyctl; kexec_load, kexec_file_load, init_module,
 * finit_module, delete_module.
 */
const EVERYWHERE = [438, 428, 429, 430, 432, 433, 442, 425];
const MACHINES: Readonly<Record<string, Machine>> = {
  x64: {
    ...{ audit: 0xc000003e, clone: 56, clone3: 435, socket: 41 },
    refused: [
      ...[57, 58, 101, 310, 311, 165, 166, 155, 161, 303, 304, 272, 308, 321, 298, 323],
      ...[248, 249, 250, 246, 320, 175, 313, 176, ...EVERYWHERE],
    ],
  },
  arm64: {
    ...{ audit: 0xc00000b7, clone: 220, clone3: 435, socket: 198 },
    refused: [
      ...[117, 270, 271, 40, 39, 41, 51, 264, 265, 97, 268, 280, 241, 282],
      ...[217, 218, 219, 104, 294, 105, 273, 106, ...EVERYWHERE],
    ],
  },
};

/** Of struct seccomp_data, on a machine of little endian. */
const [AT_NUMBER, AT_MACHINE, AT_FIRST_ARGUMENT] = [0, 4, 16];
/** Of linux/filter.h: load a word; jump when equal, when at least, when a bit is set; return. */
const [LOAD, EQUAL, AT_LEAST, HAS_BIT, RETURN] = [0x20, 0x15, 0x35, 0x45, 0x06];
const ALLOW = 0x7fff0000;
const [EPERM, ENOSYS, EAFNOSUPPORT] = [0x50001, 0x50026, 0x50061];
const CLONE_THREAD = 0x10000;
/** The second table of numbers that x86-64 has. */
const X32 = 0x40000000;
/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK: what has a namespace. Others, as AF_VSOCK and AF_ALG, have none. */
const FAMILIES = [1, 2, 10, 16];

/** The filter: no new process, no way into another one, no mount, no socket outside namespaces. */
export function seccompFilter(architecture: string = process.arch): Buffer | undefined {
  const machine = MACHINES[architecture];
  if (machine === undefined || endianness() !== 'LE') return undefined;
  const { audit, clone, clone3, socket, refused } = machine;
  const returned = (value: number): Instruction => [RETURN, 0, 0, value];
  return encoded([
    [LOAD, 0, 0, AT_MACHINE],
    [EQUAL, 1, 0, audit],
    returned(EPERM),
    [LOAD, 0, 0, AT_NUMBER],
    [AT_LEAST, 0, 1, X32],
    returned(EPERM),
    ...refused.flatMap((number): Instruction[] => [[EQUAL, 0, 1, number], returned(EPERM)]),
    // Its flags lie in memory, where a filter cannot see them; the C library falls back to clone.
    [EQUAL, 0, 1, clone3],
    returned(ENOSYS),
    [EQUAL, 0, 4, clone],
    [LOAD, 0, 0, AT_FIRST_ARGUMENT],
    [HAS_BIT, 0, 1, CLONE_THREAD],
    returned(ALLOW),
    returned(EPERM),
    [EQUAL, 0, 2 + 2 * FAMILIES.length, socket],
    [LOAD, 0, 0, AT_FIRST_ARGUMENT],
    ...FAMILIES.flatMap((family): Instruction[] => [[EQUAL, 0, 1, family], returned(ALLOW)]),
    returned(EAFNOSUPPORT),
    returned(ALLOW),
  ]);
}

/** Of struct sock_filter: code, jump when true, jump when false, operand. */
type Instruction = readonly [code: number, jumpTrue: number, jumpFalse: number, operand: number];

function encoded(instructions: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(instructions.length * 8);
  instructions.forEach(([code, jumpTrue, jumpFalse, operand], index) => {
    const at = index * 8;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(jumpTrue, at + 2);
    bytes.writeUInt8(jumpFalse, at + 3);
    bytes.writeUInt32LE(operand, at + 4);
  });
  return bytes;
}
