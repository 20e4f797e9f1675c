// Script only replaces one block of the same page; every form and link works without it.
import "htmx.org";

// A page without the wanted block came instead (signed out, refused, gone): show that page rather than nothing.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const response = ctx.response.raw;
  if (!ctx.select || response.status >= 500) return;
  const page = new DOMParser().parseFromString(ctx.text, "text/html");
  if (page.querySelector(ctx.select)) return;
  if (response.redirected || ctx.request.method === "GET") {
    event.preventDefault();
    location.assign(response.url);
  } else {
    ctx.select = ctx.target = "#main";
  }
});
