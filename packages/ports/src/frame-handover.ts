/**
 * Frames that still reach the source while the guest is paused are handed to its waiting copy on the target, so that a
 * client need not wait for its retransmission timer (docs/silence.md).
 *
 * Duties of an implementation:
 * 1. `lay` changes nothing for the frames of anybody; it only prepares the way.
 * 2. `share` and `engage` are one message on a standing connection: every millisecond of them may lose frames.
 * 3. Loop-free, and no MAC table learns from it: frames leave and enter it by explicit rules only.
 * 4. What `share` and `engage` install ends by itself after a bounded time, also when this process is dead.
 * 5. `remove` takes everything back and may be called at any moment, more than once.
 * It never decides where the VM runs: without it a move is as correct, and the silence longer.
 */
export interface FrameHandover {
  lay(signal: AbortSignal): Promise<void>;
  /**
   * The source is, or will soon be, paused: frames go to both copies from now on, and the waiting one keeps them. Resolves when
   * the switch has taken it; without effect, and never rejecting, when the way cannot be laid. Asking again renews it.
   */
  share(signal: AbortSignal): Promise<void>;
  /** The target runs: frames go to it alone. Does nothing when the way is not laid. */
  engage(): void;
  /** The source runs again: its frames are its own. */
  withdraw(): void;
  remove(): Promise<HandoverFigures>;
}

export interface HandoverFigures {
  readonly engaged: boolean;
  /** Frames that took the way; undefined where the switch does not say. */
  readonly frames: number | undefined;
  /** Why the way was not laid, or what went wrong with it. */
  readonly problem: string | undefined;
}
