// Opens pages of a site in a real browser, at a phone's width and a desk's, in both
// themes: does any scroll sideways, and does axe-core find anything?
//
//     npm install axe-core puppeteer-core
//     node tests/look_at_site.js site [step14.html ...]
//
// Without names all pages are opened, at some seconds each. BROWSER is the program.
"use strict";

const fs = require("fs");
const path = require("path");
const puppeteer = require("puppeteer-core");

const axe = fs.readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const programs = ["/usr/bin/google-chrome", "/usr/bin/chromium"];
const browser = process.env.BROWSER || programs.find((file) => fs.existsSync(file));

async function look(page, file) {
  const found = [];
  for (const width of [390, 1280]) {
    for (const value of ["light", "dark"]) {
      const say = (text) => found.push(`${path.basename(file)}, ${width}, ${value}: ${text}`);
      await page.setViewport({ width, height: 900 });
      await page.emulateMediaFeatures([{ name: "prefers-color-scheme", value }]);
      await page.goto(`file://${file}`);
      await page.evaluate(() => {
        for (const fold of document.querySelectorAll("details")) fold.open = true;
      });
      const wide = await page.evaluate(() => document.documentElement.scrollWidth);
      if (wide > width) say(`${wide} pixels wide`);
      await new Promise((done) => setTimeout(done, 100)); // the toggle events
      await page.evaluate(axe);
      const result = await page.evaluate(() => axe.run({ resultTypes: ["violations"] }));
      for (const { id, nodes } of result.violations) {
        say(`${id}, ${nodes.length} times: ${nodes[0].html.slice(0, 120)}`);
      }
    }
  }
  return found;
}

async function main([folder, ...names]) {
  // Players have tests of their own; the whole course in one page takes axe minutes.
  const all = fs.readdirSync(folder).filter((name) => /^(?!play|course).*\.html$/.test(name));
  const program = await puppeteer.launch({ executablePath: browser, args: ["--no-sandbox"] });
  const page = await program.newPage();
  const found = [];
  page.on("pageerror", (error) => found.push(console.log(error.message)));
  for (const name of names.length ? names : all) {
    const more = await look(page, path.resolve(folder, name));
    if (more.length) console.log(more.join("\n"));
    found.push(...more);
  }
  await program.close();
  console.log(`${found.length} found in ${(names.length ? names : all).length} pages`);
  process.exitCode = found.length ? 1 : 0;
}

main(process.argv.slice(2));
