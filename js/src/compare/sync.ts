/**
 * Play heads in step. One player leads; the others are nudged by their rate, which nobody sees or hears, and moved only when they are far off. Nobody
 * runs ahead of one that still loads: all wait for it. A shorter one holds its last frame.
 */

/** What a `<video>` has, as far as it matters here. */
export interface Head {
  currentTime: number;
  readonly duration: number;
  readonly paused: boolean;
  readonly seeking: boolean;
  readonly readyState: number;
  playbackRate: number;
  muted: boolean;
  play(): Promise<void> | void;
  pause(): void;
}

/** Enough data to go on now. */
const CAN_PLAY = 3;
const HAS_LENGTH = 1;
/** A drift is gone after about this many seconds. */
const SETTLE = 0.4;
const MOST = 0.2;
/** Seconds from which a nudge would take too long. */
const LOST = 0.25;

/** The rate for a player that is `drift` seconds ahead; within a tenth of a frame it is left alone. */
export function rateFor(drift: number, frame: number): number {
  if (Math.abs(drift) <= frame / 10) return 1;
  return 1 - Math.min(MOST, Math.max(-MOST, drift / SETTLE));
}

export function isLost(drift: number, frame: number): boolean {
  return Math.abs(drift) > Math.max(LOST, 4 * frame);
}

/** The number of the frame that stands at a moment, from 0; a moment may lie a hair before its frame. */
export function frameAt(seconds: number, fps: number): number {
  return Math.max(0, Math.floor(seconds * fps + 0.02));
}

/** The middle of a frame, so that rounding shows that one and no other. */
export function middleOf(frame: number, fps: number): number {
  return (Math.max(0, frame) + 0.5) / fps;
}

const lengthOf = (head: Head): number => (head.readyState >= HAS_LENGTH && Number.isFinite(head.duration) ? head.duration : 0);

export interface Together {
  add(head: Head): void;
  remove(head: Head): void;
  play(): void;
  pause(): void;
  /** In seconds. While one move is under way only the last wish is kept. */
  seek(seconds: number): void;
  /** By whole frames; it pauses. */
  step(frames: number): void;
  /** Corrects the drift; called for every picture while it plays, and when a player changes its state. */
  tick(): void;
  isPlaying(): boolean;
  /** Playing is wanted, but one of them still loads. */
  isWaiting(): boolean;
  hasEnded(head: Head): boolean;
  position(): number;
  length(): number;
  loop: boolean;
  /** Frames a second of the slowest. */
  fps: number;
  /** The one that is heard leads, so that its sound is never nudged. */
  heard: Head | null;
}

export function together(changed: () => void): Together {
  const heads = new Set<Head>();
  let playing = false;
  let waiting = false;
  let at = 0;
  let wish: number | null = null;

  const all = (): Head[] => [...heads];
  const length = (): number => Math.max(0, ...all().map(lengthOf));
  const frame = (): number => 1 / self.fps;
  /** Past its end a player holds its last frame. */
  const isOver = (head: Head, seconds: number): boolean => lengthOf(head) > 0 && seconds >= lengthOf(head) - frame() / 2;
  const lead = (): Head | null => {
    const open = all().filter((head) => lengthOf(head) > 0 && !isOver(head, at));
    if (self.heard && open.includes(self.heard)) return self.heard;
    return open.sort((one, other) => lengthOf(other) - lengthOf(one))[0] ?? null;
  };
  const moving = (): boolean => all().some((head) => head.seeking);
  const place = (head: Head, seconds: number): void => {
    const end = lengthOf(head);
    if (!end) return;
    const to = isOver(head, seconds) ? Math.max(0, end - frame() / 4) : seconds;
    if (Math.abs(head.currentTime - to) > 1e-4) head.currentTime = to;
  };
  const hold = (): void => {
    for (const head of heads) {
      head.playbackRate = 1;
      if (!head.paused) head.pause();
    }
  };
  const start = (head: Head): void => {
    void Promise.resolve(head.play()).catch(() => {
      // Without a gesture there is no sound: then without it.
      head.muted = true;
      void Promise.resolve(head.play()).catch(() => undefined);
    });
  };
  const move = (seconds: number): void => {
    at = Math.min(length(), Math.max(0, seconds));
    hold();
    for (const head of heads) place(head, at);
    changed();
  };
  const end = (): void => {
    at = length();
    hold();
    if (self.loop && at > 0) return move(0);
    playing = false;
    changed();
  };
  const nudge = (leader: Head): void => {
    for (const head of heads) {
      if (head === leader || !lengthOf(head)) continue;
      if (isOver(head, at)) {
        if (!head.paused) head.pause();
        head.playbackRate = 1;
        continue;
      }
      const drift = head.currentTime - at;
      if (isLost(drift, frame())) return move(at);
      const rate = rateFor(drift, frame());
      if (head.playbackRate !== rate) head.playbackRate = rate;
    }
    leader.playbackRate = 1;
  };

  const self: Together = {
    loop: false,
    fps: 24,
    heard: null,
    add(head) {
      heads.add(head);
      place(head, at);
      changed();
    },
    remove(head) {
      heads.delete(head);
      changed();
    },
    play() {
      if (!length()) return;
      playing = true;
      if (at >= length() - frame()) move(0);
      self.tick();
      changed();
    },
    pause() {
      playing = false;
      const leader = lead();
      hold();
      move(leader ? leader.currentTime : at);
    },
    seek(seconds) {
      if (moving()) wish = seconds;
      else move(seconds);
    },
    step(frames) {
      if (playing) self.pause();
      self.seek(middleOf(frameAt(wish ?? at, self.fps) + frames, self.fps));
    },
    tick() {
      if (moving()) return;
      if (wish !== null) {
        const next = wish;
        wish = null;
        return move(next);
      }
      if (!playing) return;
      const going = all().filter((head) => lengthOf(head) > 0 && !isOver(head, at));
      const slow = going.some((head) => head.readyState < CAN_PLAY);
      if (slow !== waiting) changed();
      waiting = slow;
      if (slow) return hold();
      const leader = lead();
      if (!leader) return end();
      const asleep = going.filter((head) => head.paused);
      if (asleep.length) {
        // Begun together, from one place.
        if (asleep.length < going.length && asleep.includes(leader)) return hold();
        return asleep.forEach(start);
      }
      at = Math.max(leader.currentTime, 0);
      if (isOver(leader, at) && lengthOf(leader) >= length()) return end();
      nudge(leader);
    },
    isPlaying: () => playing,
    isWaiting: () => playing && waiting,
    hasEnded: (head) => lengthOf(head) > 0 && isOver(head, at) && lengthOf(head) < length() - frame(),
    position: () => wish ?? at,
    length,
  };
  return self;
}
