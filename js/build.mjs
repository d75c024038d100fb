// Bundles the front end into the Python package: for each widget one ESM file (anywidget loads it from a blob: URL, so it imports nothing)
// and one style sheet. A widget is a pair in src/: NAME.ts and NAME.css.
import { readFileSync, readdirSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { build, context } from "esbuild";
import { minify } from "terser";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
export const widgets = readdirSync(here("src")).filter((name) => name.endsWith(".css")).map((name) => name.slice(0, -4));

const common = {
  outdir: here("../src/pvideo/static/"),
  bundle: true,
  format: "esm",
  target: "es2022",
  charset: "utf8",
  minify: true,
  legalComments: "none",
  logLevel: "info",
};

/** texts.json holds every sentence of the product; a bundle gets those that its own sources name. */
const ownTexts = (entry) => ({
  name: "own-texts",
  setup(setup) {
    setup.onLoad({ filter: /texts\.json$/ }, async ({ path }) => {
      const empty = { name: "no-texts", setup: (inner) => inner.onLoad({ filter: /texts\.json$/ }, () => ({ contents: "module.exports = {}", loader: "js" })) };
      const { metafile } = await build({ ...common, entryPoints: [entry], metafile: true, write: false, logLevel: "silent", plugins: [empty] });
      const source = Object.keys(metafile.inputs).filter((name) => name.endsWith(".ts")).map((name) => readFileSync(name, "utf8")).join("\n");
      const isNamed = (group) => ([key]) => new RegExp(group === "messages" ? `\\bmessage\\("${key}"` : `\\.${key}\\b|"${key}"`).test(source);
      const own = Object.entries(JSON.parse(await readFile(path, "utf8"))).map(([group, texts]) => [group, Object.fromEntries(Object.entries(texts).filter(isNamed(group)))]);
      // What was paid is said by Python.
      return { contents: JSON.stringify(Object.fromEntries(own), (key, value) => (key === "paid" ? undefined : value)), loader: "json", watchFiles: [path] };
    });
  },
});

const script = (name) => ({ ...common, entryPoints: { [name]: here(`src/${name}.ts`) }, plugins: [ownTexts(here(`src/${name}.ts`))] });
/** For browsers that know no nesting. */
const style = (name) => ({ ...common, target: "chrome111", entryPoints: { [name]: here(`src/${name}.css`) } });

/** Returns what the page loads of a widget. Terser goes over it once more: the code gets 7 % smaller by that, gzipped. */
export async function bundled(name) {
  const [code, styles] = await Promise.all([script(name), style(name)].map(async (options) => (await build({ ...options, write: false, logLevel: "warning" })).outputFiles[0].text));
  const { code: js } = await minify(code, { module: true, ecma: 2022, compress: { passes: 6, unsafe: true, unsafe_arrows: true, unsafe_methods: true, pure_getters: true, unsafe_comps: true, lhs_constants: false } });
  return { js, css: styles };
}

async function write(name) {
  for (const [kind, text] of Object.entries(await bundled(name))) await writeFile(`${common.outdir}${name}.${kind}`, text);
}

const isMain = process.argv[1] === fileURLToPath(import.meta.url);
if (isMain && process.argv.includes("--watch")) {
  for (const options of widgets.flatMap((name) => [script(name), style(name)])) await (await context({ ...options, minify: false })).watch();
} else if (isMain) {
  await mkdir(common.outdir, { recursive: true });
  await Promise.all(widgets.map(write));
}
