/** What all controls have in common. */
import type { Keys } from "../keys";
import type { Model } from "../model";
import type { Field } from "../view";
import type { Arrivals } from "./arrivals";

export interface ControlTools {
  field: Field;
  /** The id that the label names. */
  id: string;
  model: Model;
  keys: Keys;
  arrivals: Arrivals;
  signal: AbortSignal;
  /** In a list: which item's file this is. */
  slot?: string;
  /** Makes the control of a list's item. */
  make(tools: ControlTools): Control;
  change(value: unknown): void;
  /** Something to say under the control that only the page knows ("This is not JSON yet."), or "". */
  complain(text: string): void;
}

export interface Control {
  el: HTMLElement;
  /** What gets the focus, the description and the problems. */
  target: HTMLElement;
  /** A group names itself by the label's text; a single control is named by `<label for>`. */
  group: boolean;
  set(value: unknown): void;
  disable(on: boolean): void;
}

export type MakeControl = (tools: ControlTools) => Control;

export const asText = (value: unknown): string => (value === null || value === undefined ? "" : typeof value === "object" ? JSON.stringify(value) : String(value));
