// Opens the pages of a site in a real browser, at a phone's width and a desk's, in both
// themes: does any scroll sideways, ask for anything from elsewhere, or fail, and does
// axe-core find anything? test_site_looks.py runs this; by hand:
//
//     npm install axe-core puppeteer-core
//     node tests/look_at_site.js site [step14.html ...]
//
// Without names all pages are opened. BROWSER is the program. A light page is looked at
// at a phone's width and a dark one at a desk's; ALL=1 adds the other two.
"use strict";

const fs = require("fs");
const os = require("os");
const path = require("path");
const puppeteer = require("puppeteer-core");

const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const programs = ["/usr/bin/google-chrome", "/usr/bin/chromium", "/usr/bin/chromium-browser"];
const browser = process.env.BROWSER || programs.find((file) => fs.existsSync(file));
const COLOURS = ["color-contrast", "link-in-text-block"]; // what a theme can change

const started = () =>
  puppeteer.launch({
    executablePath: browser,
    args: ["--no-sandbox"],
    protocolTimeout: 1_800_000, // the whole course in one page takes axe minutes
  });

const BOTH = [[390, ["light"]], [1280, ["dark"]]];
const EACH = [[390, ["light", "dark"]], [1280, ["light", "dark"]]];

// All rules, or some. What is left out of the result makes axe a good deal faster. The
// colours of a very large page, the whole course, are those of the other pages.
const LARGE = 10_000; // elements
const judged = (page, rules) =>
  page.evaluate((runOnly, large) => {
    const options = { resultTypes: ["violations"] };
    if (runOnly) options.runOnly = runOnly;
    if (document.querySelectorAll("*").length > large)
      options.rules = { "color-contrast": { enabled: false } };
    return axe.run(options).then(({ violations }) =>
      violations.map(({ id, nodes }) => [id, nodes.length, nodes[0].html.slice(0, 160)]),
    );
  }, rules, process.env.ALL ? 1e9 : LARGE);

// On paper a page is light, unfolded, and no code is cut; the theme here is dark.
async function printed(page) {
  await page.emulateMediaType("print");
  await page.setViewport({ width: 680, height: 900 });
  const found = await page.evaluate(() => {
    const all = (what) => [...document.querySelectorAll(what)];
    for (const fold of all("details")) fold.open = false;
    const said = [];
    const paper = getComputedStyle(document.body).backgroundColor;
    if (paper !== "rgb(255, 255, 255)") said.push(`the paper is ${paper}`);
    const lost = all("details > :not(summary)").filter((x) => !x.checkVisibility());
    if (lost.length) said.push(`folded away: ${lost[0].outerHTML.slice(0, 120)}`);
    const cut = all("pre").filter((x) => x.scrollWidth > x.clientWidth + 1);
    if (cut.length) said.push(`cut: ${cut[0].textContent.slice(0, 120)}`);
    const bars = all("header, .bar").filter((x) => x.checkVisibility());
    if (bars.length) said.push(`what one can only click: ${bars[0].className}`);
    return said;
  });
  await page.emulateMediaType(null);
  return found;
}

async function look(page, file) {
  const found = [];
  let where = path.basename(file);
  const say = (text) => found.push(`${where}: ${text}`);
  const failed = (error) => say(error.message);
  const asked = (request) => {
    if (!/^(file|data|blob|about):/.test(request.url())) say(`asks for ${request.url()}`);
  };
  page.on("pageerror", failed);
  page.on("request", asked);
  await page.emulateMediaType(null);
  for (const [width, themes] of process.env.ALL ? EACH : BOTH) {
    await page.setViewport({ width, height: 900 });
    await page.goto(`file://${file}`);
    await page.evaluate(() => {
      for (const fold of document.querySelectorAll("details")) fold.open = true;
    });
    await new Promise((done) => setTimeout(done, 100)); // the toggle events
    await page.evaluate(axe);
    for (const value of themes) {
      where = `${path.basename(file)}, ${width}, ${value}`;
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) say(`${wide} pixels wide`);
      const rules = value === "dark" && themes.length > 1 ? COLOURS : null;
      for (const [id, times, html] of await judged(page, rules)) {
        say(`${id}, ${times} times: ${html}`);
      }
    }
  }
  where = `${path.basename(file)}, printed`;
  (await printed(page)).forEach(say);
  page.off("pageerror", failed);
  page.off("request", asked);
  return found;
}

async function main([folder, ...names]) {
  // The largest first: none is left for the end that others must wait for.
  const size = (name) => fs.statSync(path.resolve(folder, name)).size;
  const all = fs.readdirSync(folder).filter((name) => name.endsWith(".html"));
  const left = (names.length ? names : all).sort((a, b) => size(a) - size(b));
  const count = left.length;
  const found = [];
  const work = async () => {
    const program = await started();
    const page = await program.newPage();
    while (left.length) {
      const more = await look(page, path.resolve(folder, left.pop()));
      if (more.length) console.log(more.join("\n"));
      found.push(...more);
    }
    await program.close();
  };
  await Promise.all(Array.from({ length: Math.min(os.cpus().length, count) }, work));
  console.log(`${found.length} found in ${count} pages`);
  process.exitCode = found.length ? 1 : 0;
}

exports.started = started;
if (require.main === module) main(process.argv.slice(2));
