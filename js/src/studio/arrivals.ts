/** What the form waits for, files on their way to Python and inputs on their way from it, and the press that would make another video without. */
import { labels } from "../texts";

export interface Arrivals {
  /** Something is on its way. What comes back is called once it has arrived, or with `true` when it never will; a second call does nothing. */
  begin(): (lost?: boolean) => void;
  /** Does this once all have arrived, in the place of what was held before; never, if one was lost. False: nothing is on its way. */
  hold(press: () => boolean): boolean;
  /** What there is to say of the held press. */
  words(): string;
}

/** `anew`: what is pressed next is another press, since something left for its way or a held press came to nothing. */
export function arrivals(anew: () => void, changed: () => void): Arrivals {
  const going = new Set<object>();
  let held: (() => boolean) | null = null;
  let words = "";
  return {
    begin() {
      const one = {};
      going.add(one);
      anew();
      return (lost) => {
        if (!going.delete(one)) return;
        const press = lost || !going.size ? held : null;
        if (press) {
          held = null;
          words = !lost && press() ? "" : (anew(), labels.unsent);
        }
        changed();
      };
    },
    hold(press) {
      held = going.size ? press : null;
      words = held ? labels.waits : "";
      return !!held;
    },
    words: () => words,
  };
}
