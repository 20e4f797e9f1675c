// Writes ../static from the sources here; the same input gives the same bytes.
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const out = "../static";
const note = "Bundled works and their licences: LICENSES.txt";
const bundled = ["@digdir/designsystemet-css", "htmx.org"];

await build({
  entryPoints: { app: "js/app.js" },
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "none",
  footer: { js: `/* ${note} */` },
});
await build({
  entryPoints: { app: "css/app.css" },
  outdir: out,
  bundle: true,
  minify: true,
  target: ["chrome120", "firefox121", "safari17"],
  legalComments: "none",
  footer: { css: `/* ${note} */` },
});

const licences = bundled.map((name) => {
  const { version, license, author } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
  const text = readFileSync(`node_modules/${name}/LICENSE`, "utf8").trim();
  return `${name} ${version} (${license}), ${author}\n\n${text}\n`;
});
writeFileSync(
  `${out}/LICENSES.txt`,
  `app.css and app.js contain parts of the works below; the rest is Platsverket's own.\n\n${licences.join(`\n${"-".repeat(72)}\n\n`)}`,
);
