/** Which control is drawn for which word of the form. */
import type { Control as Kind } from "../view";
import { menu, ratio, segments, toggle } from "./choice";
import type { Control, ControlTools, MakeControl } from "./control";
import { file } from "./file";
import { list } from "./list";
import { number, seed, slider } from "./number";
import { json, line, password, text } from "./text";

const CONTROLS: Record<Kind, MakeControl> = { text, line, slider, number, seed, switch: toggle, segments, ratio, menu, file, list, password, json };

export const makeControl = (tools: ControlTools): Control => (CONTROLS[tools.field.control] ?? json)(tools);
