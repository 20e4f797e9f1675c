// A map that can be moved, in place of the picture on the same page: the same things, at the same places.
import L from "leaflet";
import "leaflet.markercluster";

const LINES_FROM = 8; // the zoom from which municipalities are drawn
const MOST_TOWNS = 14; // names in sight
const MOVES = !matchMedia("(prefers-reduced-motion: reduce)").matches;
const numbers = (text) => text.split(",").map(Number);

function element(tag, className, text) {
  const made = document.createElement(tag);
  if (className) made.className = className;
  if (text) made.textContent = text;
  return made;
}

function outlines(map, said) {
  map.createPane("land").classList.add("live-land");
  const draw = async (level, className) => {
    const shape = await (await fetch(said[level])).json();
    L.geoJSON(shape, { pane: "land", interactive: false, style: { className } }).addTo(map);
  };
  draw("lan", "live-county");
  let nearer = false;
  const finer = () => {
    if (nearer || map.getZoom() < LINES_FROM) return;
    nearer = true;
    draw("kommun", "live-town");
  };
  map.on("zoomend", finer);
  finer();
}

async function towns(map, said) {
  const all = await (await fetch(said.towns)).json();
  map.createPane("towns").classList.add("live-names");
  const shown = L.layerGroup().addTo(map);
  // The largest in sight, as many as find room: a name takes a line of about its letters.
  const write = () => {
    const taken = [];
    const size = map.getSize();
    shown.clearLayers();
    for (const [lat, lon, name] of all) {
      const { x, y } = map.latLngToContainerPoint([lat, lon]);
      const [right, apart] = [x + 10 + name.length * 8, 22];
      if (x < 0 || y < 10 || right > size.x || y > size.y - 10) continue;
      if (taken.some((other) => Math.abs(other.y - y) < apart && other.x < right && x < other.right)) continue;
      taken.push({ x, y, right });
      const text = L.divIcon({ className: "live-name", html: element("span", "", name), iconSize: [8, 8] });
      L.marker([lat, lon], { icon: text, pane: "towns", interactive: false, keyboard: false, alt: "" }).addTo(shown);
      if (taken.length === MOST_TOWNS) break;
    }
  };
  map.on("moveend", write);
  write();
}

function icon(shape, count) {
  const text = count > 1 ? String(count) : "";
  const size = count > 1 ? 40 : 32;
  const inside = element("span", "", text);
  return L.divIcon({ className: `live-pin live-${shape}${count > 1 ? " live-many" : ""}`, html: inside, iconSize: [size, size] });
}

function named(marker, name) {
  marker.on("add", () => marker.getElement()?.setAttribute("aria-label", name));
}

function popup([, , , name, note, url]) {
  const box = element("p", "live-popup");
  const link = element("a", "", name);
  link.href = url;
  box.append(link, element("br"), note);
  return box;
}

function pins(points, said) {
  const group = L.markerClusterGroup({
    showCoverageOnHover: false,
    maxClusterRadius: 44,
    animate: MOVES,
    iconCreateFunction: (cluster) => {
      const shapes = new Set(cluster.getAllChildMarkers().map((child) => child.options.shape));
      return icon(shapes.size === 1 ? [...shapes][0] : "circle", cluster.getChildCount());
    },
  });
  for (const point of points) {
    const [lat, lon, shape, name, note] = point;
    const marker = L.marker([lat, lon], { icon: icon(shape, 1), shape });
    named(marker, note ? `${name}, ${note}` : name);
    marker.bindPopup(() => popup(point), { closeButton: true });
    group.addLayer(marker);
  }
  // Leaflet names neither its clusters nor its closing button in the reader's language.
  const name = () =>
    group._featureGroup.eachLayer((layer) => {
      if (layer.getChildCount) {
        layer.getElement()?.setAttribute("aria-label", said.several.replace("{n}", layer.getChildCount()));
      }
    });
  return { group, name };
}

async function live(box) {
  const said = box.dataset;
  const found = await (await fetch(said.points)).json();
  const holder = element("div", "live");
  holder.setAttribute("role", "region");
  holder.setAttribute("aria-label", said.title);
  box.append(holder);
  const still = { zoomAnimation: MOVES, fadeAnimation: MOVES, markerZoomAnimation: MOVES, inertia: MOVES };
  const limits = { minZoom: 3, maxZoom: 16, zoomSnap: 0.25 };
  const map = L.map(holder, { ...still, ...limits, zoomControl: false, attributionControl: Boolean(said.tiles) });
  const [south, west, north, east] = numbers(said.bounds);
  map.fitBounds([[south, west], [north, east]], { animate: false });
  L.control.zoom({ zoomInTitle: said.zoomIn, zoomOutTitle: said.zoomOut }).addTo(map);
  if (said.tiles) {
    map.attributionControl.setPrefix(false);
    L.tileLayer(said.tiles, { attribution: said.attribution, maxZoom: 16 }).addTo(map);
  } else {
    outlines(map, said);
    towns(map, said);
  }
  if (said.circle) {
    const [lat, lon, km] = numbers(said.circle);
    L.circle([lat, lon], { radius: km * 1000, className: "live-reach", interactive: false }).addTo(map);
  }
  const ways = (found.lines ?? []).map(([lat, lon, toLat, toLon]) => [[lat, lon], [toLat, toLon]]);
  if (ways.length) L.polyline(ways, { className: "live-way", interactive: false }).addTo(map);
  const { group, name } = pins(found.points, said);
  map.addLayer(group);
  map.on("popupopen", ({ popup: open }) => {
    open.getElement().querySelector(".leaflet-popup-close-button")?.setAttribute("aria-label", said.close);
    open.getElement().querySelector("a[href]:not(.leaflet-popup-close-button)")?.focus();
  });
  map.on("layeradd", () => requestAnimationFrame(name));
  group.on("animationend", name);
  map.on("moveend zoomend", () => setTimeout(name, 50));
  name();
  box.classList.add("is-live");
  box.dataset.ready = String(found.points.length);
}

for (const box of document.querySelectorAll(".atlas[data-points]")) {
  live(box).catch(() => box.querySelector(".live")?.remove()); // the picture stays
}
