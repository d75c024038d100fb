import { describe, expect, it } from "vitest";
import { bar, share } from "../src/bar";
import { NOW, view } from "./helpers";

describe("the progress bar", () => {
  it("stands at 90 % at the usual time, at 95 % at the slow end, and waits there for ever", () => {
    const running = view({ estimate: { p50: 10, p90: 20, history: true } });

    expect([0, 5, 10, 15, 20, 1000].map((passed) => Number(share(running, passed)?.toFixed(3)))).toEqual([0, 0.45, 0.9, 0.925, 0.95, 0.95]);
  });

  it("never says 100 % before the end, whatever the log says", () => {
    const part = bar(() => false);
    const sure = view({ progress: 1, estimate: { p50: 1, p90: 2, history: true }, sent: NOW - 600_000 });

    part.update(sure, NOW, "");

    expect(Number(part.el.getAttribute("aria-valuenow"))).toBe(95);
    expect(share(view({ progress: 1, estimate: null }), 5)).toBe(0.95);
  });

  it("never goes back", () => {
    const part = bar(() => false);

    part.update(view({ progress: 0.8, estimate: null }), NOW, "");
    part.update(view({ progress: 0.3, estimate: null }), NOW, "");

    expect(part.el.getAttribute("aria-valuenow")).toBe("80");
  });

  it("says nothing where nothing is known, and goes at the end", () => {
    const part = bar(() => true);

    part.update(view({ estimate: null }), NOW, "running");
    expect(part.el.getAttribute("aria-valuenow")).toBeNull();
    part.update(view({ status: "succeeded", done: true }), NOW, "");

    expect(part.el.hidden).toBe(true);
  });
});
