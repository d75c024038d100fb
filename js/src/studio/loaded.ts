/** "Loaded from cat_2 · Undo": a video's inputs in the form, and the way back to what a person had typed. */
import type { Inputs } from "../view";

export interface Loaded {
  /** From which video the form was filled, in words; "" when it was not. */
  words(): string;
  begin(words: string, now: Inputs): void;
  /** What stood before the first of the videos that were loaded. */
  undo(): Inputs | null;
  forget(): void;
}

export function loadedFrom(): Loaded {
  let before: Inputs | null = null;
  let words = "";
  const forget = (): void => {
    before = null;
    words = "";
  };
  return {
    words: () => words,
    begin(text, now) {
      words = text;
      before ??= now;
    },
    undo() {
      const found = before;
      forget();
      return found;
    },
    forget,
  };
}
