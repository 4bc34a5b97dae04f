/** What the kernel refuses a walled process, worked out from the filter as the kernel does, for both machines. */
import { describe, expect, test } from '@jest/globals';
import { seccompFilter } from '../../../plugins/host/isolate/seccomp.ts';

/** Of linux/audit.h. */
const AUDIT = { x64: 0xc000003e, arm64: 0xc00000b7 } as const;
/** Of asm/unistd_64.h and asm-generic/unistd.h, by their names there. */
const NUMBERS = {
  x64: {
    ...{ fork: 57, vfork: 58, ptrace: 101, process_vm_readv: 310, process_vm_writev: 311, pidfd_getfd: 438 },
    ...{ mount: 165, umount2: 166, pivot_root: 155, chroot: 161, open_tree: 428, move_mount: 429, fsopen: 430 },
    ...{ fsmount: 432, fspick: 433, mount_setattr: 442, name_to_handle_at: 303, open_by_handle_at: 304 },
    ...{ unshare: 272, setns: 308, bpf: 321, perf_event_open: 298, userfaultfd: 323, io_uring_setup: 425 },
    ...{ add_key: 248, request_key: 249, keyctl: 250, kexec_load: 246, kexec_file_load: 320 },
    ...{ init_module: 175, finit_module: 313, delete_module: 176 },
  },
  arm64: {
    ...{ ptrace: 117, process_vm_readv: 270, process_vm_writev: 271, pidfd_getfd: 438 },
    ...{ mount: 40, umount2: 39, pivot_root: 41, chroot: 51, open_tree: 428, move_mount: 429, fsopen: 430 },
    ...{ fsmount: 432, fspick: 433, mount_setattr: 442, name_to_handle_at: 264, open_by_handle_at: 265 },
    ...{ unshare: 97, setns: 268, bpf: 280, perf_event_open: 241, userfaultfd: 282, io_uring_setup: 425 },
    ...{ add_key: 217, request_key: 218, keyctl: 219, kexec_load: 104, kexec_file_load: 294 },
    ...{ init_module: 105, finit_module: 273, delete_module: 106 },
  },
} as const;
const USUAL = {
  x64: { read: 0, write: 1, mmap: 9, futex: 202, execve: 59, openat: 257, clone: 56, clone3: 435, socket: 41 },
  arm64: { read: 63, write: 64, mmap: 222, futex: 98, execve: 221, openat: 56, clone: 220, clone3: 435, socket: 198 },
} as const;

const ALLOWED = 0x7fff0000;
const REFUSED = { EPERM: 0x50001, ENOSYS: 0x50026, EAFNOSUPPORT: 0x50061 } as const;
const [CLONE_THREAD, SIGCHLD, X32] = [0x10000, 17, 0x40000000];
const STEPS_MAX = 1_000;

describe.each(['x64', 'arm64'] as const)('the filter of system calls on %s', (machine) => {
  const verdict = (number: number, first = 0, audit: number = AUDIT[machine]) =>
    run(seccompFilter(machine) ?? Buffer.alloc(0), callData(number, audit, first));
  const { clone, clone3, socket, ...usual } = USUAL[machine];

  test.each(Object.entries(NUMBERS[machine]))('refuses %s', (_, number) => {
    expect(verdict(number)).toBe(REFUSED.EPERM);
  });

  test('lets what every program needs pass', () => {
    for (const number of Object.values(usual)) expect(verdict(number)).toBe(ALLOWED);
  });

  test('gives threads and no processes, and has the C library ask in the way that it can read', () => {
    expect(verdict(clone, CLONE_THREAD)).toBe(ALLOWED);
    expect(verdict(clone, SIGCHLD)).toBe(REFUSED.EPERM);
    expect(verdict(clone3)).toBe(REFUSED.ENOSYS);
  });

  test('gives sockets of the families that have a namespace, and of no other', () => {
    const families = Array.from({ length: 64 }, (_, family) => family);
    expect(families.filter((family) => verdict(socket, family) === ALLOWED)).toEqual([1, 2, 10, 16]);
    const others = families.filter((family) => verdict(socket, family) === REFUSED.EAFNOSUPPORT);
    expect(others).toHaveLength(60);
  });

  test('refuses every call in the numbers of another machine', () => {
    expect(verdict(usual.read, 0, 0x40000003)).toBe(REFUSED.EPERM);
    expect(verdict(X32 + usual.read)).toBe(REFUSED.EPERM);
  });
});

test('there is no filter for a machine whose numbers we do not know', () => {
  expect(seccompFilter('riscv64')).toBeUndefined();
});

/** Of linux/seccomp.h: the number, the machine, where from, and the first argument. */
function callData(number: number, audit: number, first: number): Buffer {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(audit, 4);
  data.writeUInt32LE(first, 16);
  return data;
}

/** Classic BPF, as far as the filter uses it: what it returns. Throws where it leads out of itself. */
function run(filter: Buffer, data: Buffer): number {
  let word = 0;
  for (let at = 0, steps = 0; steps < STEPS_MAX; at++, steps++) {
    const [code, jumpTrue, jumpFalse] = [filter.readUInt16LE(at * 8), filter[at * 8 + 2], filter[at * 8 + 3]];
    const operand = filter.readUInt32LE(at * 8 + 4);
    const jump = (holds: boolean): void => {
      at += (holds ? jumpTrue : jumpFalse) ?? 0;
    };
    if (code === 0x20) word = data.readUInt32LE(operand);
    else if (code === 0x15) jump(word === operand);
    else if (code === 0x35) jump(word >= operand);
    else if (code === 0x45) jump((word & operand) !== 0);
    else if (code === 0x06) return operand;
    else throw new Error(`the kernel knows no such instruction: ${code}`);
  }
  throw new Error('the filter never ends');
}
