import { afterEach, vi } from "vitest";
import { endAll } from "./helpers";

afterEach(() => {
  endAll();
  vi.useRealTimers();
});
