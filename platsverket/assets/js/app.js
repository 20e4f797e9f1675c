// Script only replaces one block of the same page; every form and link works without it.
import "htmx.org";
import "./suggest.js";
import "./way_back.js";

// Signed in anew in the middle of a form: go on to it.
document.getElementById("go-on")?.submit();

// A page without the wanted block came instead (signed out, refused, gone): show that page rather than nothing.
document.addEventListener("htmx:after:request", (event) => {
  const { ctx } = event.detail;
  const response = ctx.response.raw;
  if (!ctx.select || response.status >= 500) return;
  const page = new DOMParser().parseFromString(ctx.text, "text/html");
  if (page.querySelector(ctx.select)) return;
  // What is only told while one types keeps quiet: the form's own buttons show such a page, with what was typed.
  if (ctx.sourceElement.matches(".told")) return event.preventDefault();
  if (response.redirected || ctx.request.method === "GET") {
    event.preventDefault();
    location.assign(response.url);
  } else {
    ctx.select = ctx.target = "#main";
  }
});
