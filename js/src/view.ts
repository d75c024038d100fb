/** The traits and messages of both widgets. Mirrors src/pvideo/notebook/view.py; a contract test compares the keys. */

export type Status =
  | "sending"
  | "unconfirmed"
  | "starting"
  | "processing"
  | "succeeded"
  | "failed"
  | "canceled"
  | "aborted"
  | "rejected"
  | "expired";

export type Phase =
  | ""
  | "uploading"
  | "waiting"
  | "sending"
  | "countdown"
  | "looking"
  | "lost"
  | "canceling"
  | "saving"
  | "library"
  | "budget"
  | "unsent";

export interface Message {
  key: string;
  title: string;
  sentence: string;
  next: string;
  tone: "bad" | "warn" | "info";
}

export interface Action {
  name: string;
  label: string;
  primary: boolean;
  costs: boolean;
  /** Seconds since `sent` before the button appears. */
  after?: number;
  /** It only shows something: it may be pressed again at once. */
  quick?: boolean;
  /** It opens a box for a prompt; this stands on the box's own button, with the price. */
  ask?: string;
}

export interface More {
  name: string;
  label: string;
  text?: string;
  href?: string;
}

export interface Clip {
  /** The remote address while it lives, else "". */
  url: string;
  /** The path relative to the notebook's folder, "" until it is whole on disk. */
  file: string;
  type: string;
  bytes: number;
  seconds: number;
}

/** One shot of a chain. */
export interface Shot {
  id: string;
  name: string;
  video: Clip;
}

/** A file beside the one on the stage; `file` is relative to the notebook's folder. */
export interface MadeFile {
  file: string;
  kind: "video" | "image" | "audio" | "text" | "json" | "file";
  name: string;
}

/** One job's card. Times are epoch milliseconds on the kernel's clock, durations are seconds. */
export interface View {
  id: string;
  nonce: string;
  name: string;
  status: Status;
  done: boolean;
  demo: boolean;
  phase: Phase;
  values: Record<string, string | number>;
  now: number;
  pressed: number | null;
  sent: number | null;
  created: number | null;
  next: number | null;
  estimate: { p50: number; p90: number; history: boolean } | null;
  progress: number | null;
  took: number | null;
  money: string;
  prompt: string;
  facts: string[];
  notes: string[];
  message: Message | null;
  actions: Action[];
  more: More[];
  video: Clip | null;
  received: number;
  total: number;
  shape: { width: number; height: number };
  poster: string;
  autoplay: boolean;
  log: { id: string; href: string } | null;
  kind: "video" | "image" | "audio" | "text" | "json" | "file";
  text: string;
  /** What stands below [Make final]. */
  hint: string;
  /** The shots to play one after another, first to last; empty where it stands alone. */
  chain: Shot[];
  /** What a person thinks of it: 1 to 5, 0 is no rating. */
  stars: number;
  remark: string;
  files: MadeFile[];
}

export type Control =
  | "text"
  | "line"
  | "slider"
  | "number"
  | "seed"
  | "switch"
  | "segments"
  | "ratio"
  | "menu"
  | "file"
  | "list"
  | "password"
  | "json";

export interface Field {
  name: string;
  label: string;
  kind: string;
  control: Control;
  unit: string;
  description: string;
  /** What stands under it from the start: the range of a box without a slider. */
  hint: string;
  default: unknown;
  choices: { value: unknown; label: string }[];
  minimum: number | null;
  maximum: number | null;
  step: number | null;
  media: string | null;
  place: "beside" | "form" | "more";
  inverted: boolean;
  required: boolean;
  voided_by: { field: string; reason: string } | null;
  accept: string;
  /** For a list: what each of its items is. */
  item: Field | null;
}

export interface Form {
  model: string;
  title: string;
  fields: Field[];
  price_hint: string;
  first: string;
  /** Names of inputs, or "": what says what is made, the cheap preview, what loosens a seed, the picture it begins with. */
  prompt: string;
  draft: string;
  seed_loose: string;
  first_frame: string;
}

export interface FormState {
  phase: "ready" | "loading" | "error";
  message: Message | null;
  model?: string;
}

/** What the strip knows beside the views, by a video's id. */
export interface StripFacts {
  links: Record<string, { from: string; as: string }>;
  stars: Record<string, number>;
  can: string[];
}

export type Inputs = Record<string, unknown>;

export interface Problem {
  field: string;
  message: string;
}

export interface Price {
  text: string;
  label: string;
  disabled: boolean;
  reason: string;
}

export interface Money {
  session: string;
  today: string;
  budget: string;
  text: string;
}

/** One video of a sheet. `id` and `status` are empty while it was not sent. */
export interface Tile {
  id: string;
  /** Which value of each axis it has. */
  places: number[];
  title: string;
  status: Status | "";
  phase: Phase;
  done: boolean;
  money: string;
  note: string;
  /** Why there is no video. */
  reason: string;
  sent: number | null;
  stars: number;
  video: Clip | null;
}

export interface Axis {
  name: string;
  title: string;
  labels: string[];
}

/** A sweep's contact sheet. Mirrors src/pvideo/notebook/tiles.py. */
export interface SheetView {
  id: string;
  nonce: string;
  name: string;
  title: string;
  total: string;
  /** It waits for a word, something runs, or all is over. */
  state: "asks" | "runs" | "over";
  count: number;
  done: number;
  left: number;
  said: string;
  parts: string[];
  ends: number | null;
  now: number;
  notice: string;
  message: Message | null;
  actions: Action[];
  axes: Axis[];
  tiles: Tile[];
  shape: { width: number; height: number };
  demo: boolean;
  rates: boolean;
}
