import { beforeEach, describe, expect, it, vi } from "vitest";
import { CANCEL, DONE, fakeModel, freeze, render, view } from "./helpers";

beforeEach(freeze);

const card = (changes = {}, kernel?: unknown) => {
  const model = fakeModel({ kind: "card", view: view({ actions: [CANCEL], ...changes }), saved: "" }, kernel === undefined ? undefined : { kernel });
  return { model, ...render(model) };
};
const wait = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1000);

describe("the heartbeat", () => {
  it("says hello on render, and asks every 5 s without news while something runs", async () => {
    const { model } = card();
    expect(model.of("hello")).toEqual([{ kind: "hello", id: "job1" }]);
    model.emit("msg:custom", { kind: "alive" }, []);

    await wait(4.5);
    expect(model.of("hello")).toHaveLength(1);
    await wait(2);
    expect(model.of("hello")).toHaveLength(2);
  });

  it("asks nothing while news come, and nothing after the end", async () => {
    const { model } = card();
    for (let times = 0; times < 10; times += 1) {
      model.set("view", view({ now: Date.now() }));
      await wait(2);
    }
    expect(model.of("hello")).toHaveLength(1);

    model.set("view", view({ ...DONE, now: Date.now() }));
    await wait(60);
    expect(model.of("hello")).toHaveLength(1);
  });

  it("calls the kernel gone after 15 s of silence: buttons off, the badge stays", async () => {
    const { model, $ } = card();
    await wait(14);
    expect($(".pvideo-banner").hidden).toBe(true);

    await wait(2);
    expect($(".pvideo-banner").textContent).toContain("The kernel is gone");
    expect($(".pvideo-badge").textContent).toBe("processing");
    expect($(".pvideo-note").textContent).toMatch(/^last known/);
    expect($('[data-action="cancel"]').getAttribute("aria-disabled")).toBe("true");
    expect($('[role="alert"]').textContent).toContain("The kernel is gone");

    $('[data-action="cancel"]').click();
    expect(model.of("action")).toEqual([]);
  });

  it("connects an idle kernel that does not answer anew, once", async () => {
    const kernel = { status: "idle", reconnect: vi.fn(() => Promise.reject(new Error("disconnected"))) };
    const { model } = card({}, kernel);
    await wait(2.5);
    expect(kernel.reconnect).not.toHaveBeenCalled();
    await wait(1.5);
    expect(kernel.reconnect).toHaveBeenCalledTimes(1);
    await wait(60);
    expect(kernel.reconnect).toHaveBeenCalledTimes(1);

    model.emit("msg:custom", { kind: "alive" }, []);
    await wait(9.5);
    expect(kernel.reconnect).toHaveBeenCalledTimes(2);
  });

  it("leaves a kernel alone that answers, works, or was restarted and knows nothing of this card", async () => {
    const idle = { status: "idle", reconnect: vi.fn() };
    const { model } = card({}, idle);
    for (let times = 0; times < 20; times += 1) {
      await wait(1);
      model.emit("msg:custom", { kind: "alive" }, []);
    }
    expect(idle.reconnect).not.toHaveBeenCalled();

    const busy = { status: "busy", reconnect: vi.fn() };
    card({}, busy);
    await wait(60);
    expect(busy.reconnect).not.toHaveBeenCalled();

    const restarted = { status: "restarting", reconnect: vi.fn() };
    card({}, restarted);
    await wait(1.5);
    restarted.status = "idle";
    await wait(60);
    expect(restarted.reconnect).not.toHaveBeenCalled();
  });

  it("takes it back at the first word", async () => {
    const { model, $ } = card();
    await wait(16);

    model.emit("msg:custom", { kind: "alive" }, []);

    expect($(".pvideo-banner").hidden).toBe(true);
    expect($('[data-action="cancel"]').hasAttribute("aria-disabled")).toBe(false);
  });

  it("waits while the kernel is busy", async () => {
    const { $ } = card({}, { status: "busy" });
    await wait(300);
    expect($(".pvideo-banner").hidden).toBe(true);
  });

  it.each(["dead", "restarting", "autorestarting"])("believes a kernel that says %s at once", async (status) => {
    const { $ } = card({}, { status });
    await wait(1.1);
    expect($(".pvideo-banner").hidden).toBe(false);
  });

  it("hears of a restart from a card that has ended, and lets go with the view", async () => {
    const slots = new Set<(sender: unknown, status: string) => void>();
    const kernel = { status: "idle", statusChanged: { connect: (slot: () => void) => slots.add(slot), disconnect: (slot: () => void) => slots.delete(slot) } };
    const { model, $, end } = card(DONE, kernel);
    model.emit("msg:custom", { kind: "alive" }, []);

    slots.forEach((slot) => slot(null, "restarting"));
    expect($(".pvideo-banner").hidden).toBe(false);

    end.abort();
    expect(slots.size).toBe(0);
  });

  it("calls it gone when the line is dead", async () => {
    const model = fakeModel({ kind: "card", view: view(), saved: "" });
    model.send = () => {
      throw new Error("disposed");
    };
    const { $ } = render(model);
    await wait(6);
    expect($(".pvideo-banner").hidden).toBe(false);
  });

  it("takes no sleep of the machine for silence", async () => {
    const { $ } = card();
    vi.setSystemTime(Date.now() + 3_600_000);
    await wait(2);
    expect($(".pvideo-banner").hidden).toBe(true);
  });
});
