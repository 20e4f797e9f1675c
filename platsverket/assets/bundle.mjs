// Writes ../static from the sources here; the same input gives the same bytes.
import { readFileSync, writeFileSync } from "node:fs";
import { build } from "esbuild";

const out = "../static";
const note = "Bundled works and their licences: LICENSES.txt";
const bundled = {
  "@digdir/designsystemet-css": "LICENSE",
  "htmx.org": "LICENSE",
  leaflet: "LICENSE",
  "leaflet.markercluster": "MIT-LICENCE.txt",
};

await build({
  entryPoints: { app: "js/app.js", map: "js/map.js" },
  outdir: out,
  bundle: true,
  minify: true,
  format: "iife",
  target: "es2022",
  legalComments: "none",
  footer: { js: `/* ${note} */` },
});
await build({
  entryPoints: { app: "css/app.css", map: "css/live-map.css" },
  outdir: out,
  bundle: true,
  loader: { ".png": "dataurl" },
  minify: true,
  target: ["chrome120", "firefox121", "safari17"],
  legalComments: "none",
  footer: { css: `/* ${note} */` },
});

// The outlines that maps are drawn on, as exact as they are generalised: a thousandth of a degree.
for (const level of ["lan", "kommun"]) {
  const { features } = JSON.parse(readFileSync(`../../data/${level}.geojson`, "utf8"));
  const rounded = (value) => (Array.isArray(value) ? value.map(rounded) : Math.round(value * 1000) / 1000);
  const coordinates = features.flatMap((feature) => rounded(feature.geometry.coordinates));
  writeFileSync(`${out}/outlines-${level}.json`, JSON.stringify({ type: "MultiPolygon", coordinates }));
}

// The seats of the municipalities, the largest first: names for those maps, since outlines alone say little.
const [head, ...rows] = readFileSync("../../data/municipalities.csv", "utf8").trim().split("\n").map((line) => line.trim().split(","));
const towns = rows
  .map((row) => Object.fromEntries(row.map((value, i) => [head[i], value])))
  .sort((one, other) => other.population - one.population)
  .map((town) => [Number(town.seat_lat), Number(town.seat_lon), town.seat_name]);
writeFileSync(`${out}/towns.json`, JSON.stringify(towns));

const licences = Object.entries(bundled).map(([name, file]) => {
  const { version, license, author } = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
  const text = readFileSync(`node_modules/${name}/${file}`, "utf8").trim();
  return `${name} ${version} (${license}), ${author ?? "its contributors"}\n\n${text}\n`;
});
writeFileSync(
  `${out}/LICENSES.txt`,
  `The built files contain parts of the works below; the rest is Platsverket's own.\n\n${licences.join(`\n${"-".repeat(72)}\n\n`)}`,
);
