/** One ticker for the whole page, four times a second at most; it stops when nothing that ticks can be seen. And the kernel's clock. */

const PERIOD = 250;
const running = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

function add(tick: () => void): void {
  running.add(tick);
  timer ??= setInterval(() => running.forEach((one) => one()), PERIOD);
}

function remove(tick: () => void): void {
  running.delete(tick);
  if (running.size || timer === undefined) return;
  clearInterval(timer);
  timer = undefined;
}

/** How many are ticking now (for tests). */
export function ticking(): number {
  return timer === undefined ? 0 : running.size;
}

export interface Ticker {
  /** Ticks only while this is true and the element can be seen. */
  wanted(on: boolean): void;
  /** How much of the element is on the screen, 0 to 1. */
  seen(): number;
}

/** Calls `tick` four times a second while it is wanted, `root` is on the screen and the tab is in front. Off screen `root` carries `data-still`. */
export function ticker(root: HTMLElement, tick: () => void, signal: AbortSignal): Ticker {
  let wanted = false;
  let seen = typeof IntersectionObserver === "undefined" ? 1 : 0;
  const apply = (): void => {
    const on = wanted && seen > 0 && !document.hidden && !signal.aborted;
    root.toggleAttribute("data-still", !on);
    if (on === running.has(tick)) return;
    if (on) {
      add(tick);
      tick();
    } else remove(tick);
  };
  if (typeof IntersectionObserver !== "undefined") {
    const observer = new IntersectionObserver(
      (entries) => {
        seen = entries.at(-1)?.intersectionRatio || (entries.at(-1)?.isIntersecting ? 0.01 : 0);
        apply();
      },
      { threshold: [0, 0.25, 0.5, 0.75] },
    );
    observer.observe(root);
    signal.addEventListener("abort", () => observer.disconnect(), { once: true });
  }
  document.addEventListener("visibilitychange", apply, { signal });
  signal.addEventListener("abort", () => remove(tick), { once: true });
  return { wanted: (on) => void ((wanted = on), apply()), seen: () => seen };
}

export interface KernelClock {
  /** Takes the kernel's `now` from a view; `fresh` if it arrived just now (a first paint may carry an old one). */
  learn(now: number, fresh: boolean): void;
  now(): number;
}

/** The way a message travels only makes `now` look older, so the largest offset is the truest; a jump of half a minute is a clock that was set. */
export function kernelClock(local: () => number = Date.now): KernelClock {
  let offset: number | undefined;
  return {
    learn(now, fresh) {
      const found = now - local();
      const jumped = offset !== undefined && Math.abs(found - offset) > 30_000;
      offset = offset === undefined || (fresh && jumped) ? found : Math.max(offset, found);
    },
    now: () => local() + (offset ?? 0),
  };
}
