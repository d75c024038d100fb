import { describe, expect, it, vi } from "vitest";
import { frameAt, isLost, middleOf, rateFor, together, type Head } from "../src/compare/sync";

const FRAME = 1 / 24;

/** A player whose clock the test turns. */
class Player implements Head {
  currentTime = 0;
  paused = true;
  seeking = false;
  readyState = 4;
  playbackRate = 1;
  muted = true;
  /** Its own clock runs a little wrong. */
  skew = 1;
  constructor(readonly duration = 5) {}
  play(): Promise<void> {
    this.paused = false;
    return Promise.resolve();
  }
  pause(): void {
    this.paused = true;
  }
  run(seconds: number): void {
    if (this.paused) return;
    this.currentTime = Math.min(this.duration, this.currentTime + seconds * this.playbackRate * this.skew);
    if (this.currentTime >= this.duration) this.paused = true;
  }
}

function start(...players: Player[]) {
  const heads = together(() => undefined);
  players.forEach((one) => heads.add(one));
  /** As the page does for every picture. */
  const run = (seconds: number): void => {
    for (let passed = 0; passed < seconds; passed += 1 / 60) {
      players.forEach((one) => one.run(1 / 60));
      heads.tick();
    }
  };
  return { heads, run };
}

describe("drift", () => {
  it.each([
    [0, 1],
    [FRAME / 11, 1],
    [0.02, 0.95],
    [-0.02, 1.05],
    [1, 0.8],
    [-1, 1.2],
  ])("of %f s gives the rate %f", (drift, rate) => expect(rateFor(drift, FRAME)).toBeCloseTo(rate, 5));

  it("is too large for a nudge from a quarter of a second", () => {
    expect(isLost(0.2, FRAME)).toBe(false);
    expect(isLost(-0.26, FRAME)).toBe(true);
  });
});

describe("frames", () => {
  it("are counted from 0, and a moment a hair before one is that one", () => {
    expect([0, 1 / 24 - 1e-4, 49 / 24, 2.05].map((at) => frameAt(at, 24))).toEqual([0, 1, 49, 49]);
    expect(frameAt(middleOf(49, 24), 24)).toBe(49);
  });
});

describe("players together", () => {
  it("stay within a tenth of a frame of each other, whatever their clocks do", () => {
    const [one, other] = [new Player(12), new Player(12)];
    other.skew = 1.01;
    const { heads, run } = start(one, other);
    heads.play();
    other.currentTime = 0.03;

    run(10);

    expect(Math.abs(one.currentTime - other.currentTime)).toBeLessThan(FRAME / 4);
    expect(one.playbackRate).toBe(1);
  });

  it("are moved together when one is far off", () => {
    const [one, other] = [new Player(), new Player()];
    const { heads, run } = start(one, other);
    heads.play();
    run(1);
    other.currentTime = 3;

    run(0.1);

    expect(other.currentTime).toBeCloseTo(one.currentTime, 2);
  });

  it("wait for one that still loads, and go on together", () => {
    const [one, other] = [new Player(), new Player()];
    const { heads, run } = start(one, other);
    heads.play();
    run(1);
    other.readyState = 2;
    run(0.5);
    expect([one.paused, other.paused, heads.isWaiting()]).toEqual([true, true, true]);

    other.readyState = 4;
    run(0.5);

    expect([one.paused, other.paused, heads.isWaiting()]).toEqual([false, false, false]);
  });

  it("a shorter one holds its last frame and says so", () => {
    const [long, short] = [new Player(5), new Player(2)];
    const { heads, run } = start(long, short);
    heads.play();

    run(3);

    expect([heads.hasEnded(short), heads.hasEnded(long), short.paused, long.paused]).toEqual([true, false, true, false]);
    expect(heads.position()).toBeGreaterThan(2.5);
    run(3);
    expect(heads.isPlaying()).toBe(false);
    expect(heads.position()).toBe(5);
  });

  it("the one that is heard leads until it ends", () => {
    const [long, heard] = [new Player(5), new Player(3)];
    long.skew = 0.98;
    const { heads, run } = start(long, heard);
    heads.heard = heard;
    heads.play();

    run(2);
    expect(heard.playbackRate).toBe(1);
    expect(long.playbackRate).not.toBe(0);
    run(2);
    expect(heads.isPlaying()).toBe(true);
    expect(long.playbackRate).toBe(1);
  });

  it("begin anew at the end, and by themselves with loop", () => {
    const player = new Player(1);
    const { heads, run } = start(player);
    heads.play();
    run(1.2);
    expect(heads.isPlaying()).toBe(false);

    heads.loop = true;
    heads.play();
    run(1.5);

    expect(heads.isPlaying()).toBe(true);
    expect(heads.position()).toBeLessThan(0.7);
  });

  it("keep only the last wish while a move is under way", () => {
    const player = new Player();
    const { heads } = start(player);
    player.seeking = true;
    heads.seek(1);
    heads.seek(2);
    expect([player.currentTime, heads.position()]).toEqual([0, 2]);

    player.seeking = false;
    heads.tick();

    expect(player.currentTime).toBe(2);
  });

  it("step by frames of the slowest, and pause for it", () => {
    const [one, other] = [new Player(), new Player()];
    const { heads, run } = start(one, other);
    heads.fps = 24;
    heads.play();
    run(1);
    const frame = frameAt(heads.position(), 24);

    heads.step(1);
    heads.step(1);

    expect(heads.isPlaying()).toBe(false);
    expect([one, other].map((head) => frameAt(head.currentTime, 24))).toEqual([frame + 2, frame + 2]);
    heads.step(-100);
    expect(frameAt(one.currentTime, 24)).toBe(0);
  });

  it("play without sound where the page may not make any", async () => {
    const player = new Player();
    player.muted = false;
    const play = vi.spyOn(player, "play").mockRejectedValueOnce(new Error("NotAllowedError"));
    const { heads } = start(player);

    heads.play();
    await Promise.resolve();
    await Promise.resolve();

    expect(player.muted).toBe(true);
    expect(play).toHaveBeenCalledTimes(2);
  });
});
