/** The trait `view` of a comparison. Mirrors src/pvideo/notebook/comparison.py; a contract test compares the keys. */
import type { Clip, Status } from "../view";

export interface Item {
  id: string;
  letter: string;
  name: string;
  status: Status;
  done: boolean;
  /** "draft", or nothing. */
  draft: string;
  money: string;
  prompt: string;
  /** Null until it is there. */
  video: Clip | null;
  shape: { width: number; height: number };
  poster: string;
  /** Frames a second. */
  fps: number;
  /** The cell that makes it again. */
  cell: string;
}

export type Piece = ["same" | "removed" | "added", string];

export interface Prompt {
  letter: string;
  /** How it differs from A's, in reading order. */
  pieces: Piece[];
  /** The same in words. */
  said: string;
}

export interface Comparison {
  id: string;
  nonce: string;
  items: Item[];
  prompts: Prompt[];
  inputs: { name: string; values: string[] }[];
  notice: string;
  actions: string[];
}
