/** What the connector holds, and how long it waits for what. */

/** One message, as it is sent or taken in. Documents in OBX-5 make messages long. */
export const MESSAGE_BYTES_MAX = 16 * 1024 * 1024;
/** One acknowledgement. */
export const ANSWER_BYTES_MAX = 64 * 1024;
/** For a connection, the TLS handshake included. */
export const CONNECT_DEADLINE_MS = 10_000;
/** For a receiver to say over TLS 1.3 that it knows our certificate, or that it does not. */
export const ADMISSION_WAIT_MS = 2_000;
/** For the other side to take all of one message. */
export const SEND_DEADLINE_MS = 60_000;
/** For the other side to close after we did. */
export const CLOSE_DEADLINE_MS = 2_000;
/** For an acknowledgement, where the plan does not say. */
export const ACKNOWLEDGE_SECONDS = 30;
/** Less than the host waits for a commit. */
export const ACKNOWLEDGE_SECONDS_MAX = 100;
/** Connections to a listener at once. */
export const SENDERS_MAX = 64;
/** For a sender to say something more. */
export const SENDER_IDLE_MAX_MS = 600_000;
/** For a listing to wait until nothing comes any more. */
export const LISTEN_MAX_MS = 3_600_000;
/** Of the time a listing may wait after the last message. */
export const QUIET_SECONDS_MAX = 600;
