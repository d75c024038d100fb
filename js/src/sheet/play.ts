/** [Play all]: every video of the sheet, muted, in step; shorter ones hold their last frame. */

const READY_WITHIN = 4000;
const CHECK = 250;
/** Seconds that two may be apart: a frame of the slowest rate, and a little. */
const APART = 0.06;

export interface PlayAll {
  playing(): boolean;
  toggle(): void;
  stop(): void;
}

export function playAll(players: () => HTMLVideoElement[], changed: (playing: boolean) => void, ended: () => void, signal: AbortSignal): PlayAll {
  let on: HTMLVideoElement[] = [];
  let timer: ReturnType<typeof setInterval> | undefined;
  let run = 0;

  const stopClock = (): void => {
    clearInterval(timer);
    timer = undefined;
  };
  const set = (playing: boolean): void => {
    if (!playing) stopClock();
    changed(playing);
  };
  const keepStep = (): void => {
    const going = on.filter((one) => !one.ended);
    if (!going.length) {
      on = [];
      set(false);
      ended();
      return;
    }
    const lead = going[0] as HTMLVideoElement;
    for (const one of going.slice(1)) {
      if (Math.abs(one.currentTime - lead.currentTime) > APART && lead.currentTime < one.duration) one.currentTime = lead.currentTime;
      if (one.paused) void one.play()?.catch(() => undefined);
    }
  };
  const ready = (one: HTMLVideoElement): Promise<void> =>
    one.readyState >= 3 ? Promise.resolve() : new Promise((done) => one.addEventListener("canplay", () => done(), { once: true, signal }));

  const begin = async (): Promise<void> => {
    const mine = ++run;
    const fresh = on.length === 0;
    on = players();
    if (!on.length) return;
    set(true);
    await Promise.race([Promise.all(on.map(ready)), new Promise((done) => setTimeout(done, READY_WITHIN))]);
    if (mine !== run || signal.aborted) return;
    for (const one of on) {
      if (fresh) one.currentTime = 0;
      void one.play()?.catch(() => undefined);
    }
    timer = setInterval(keepStep, CHECK);
  };
  const pause = (): void => {
    run += 1;
    on.forEach((one) => one.pause());
    set(false);
  };
  let playing = false;
  const told = changed;
  changed = (now) => {
    playing = now;
    told(now);
  };
  signal.addEventListener("abort", stopClock, { once: true });
  return {
    playing: () => playing,
    toggle: () => (playing ? pause() : void begin()),
    stop: () => playing && pause(),
  };
}
