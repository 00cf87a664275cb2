// Opens a player in a real browser, presses keys, and prints what it then says.
//
//     node tests/look_at_player.js player.html '#7' ArrowRight End '!quiz' '=2.0'
//
// '#7' is an address, '!quiz' a click, '=2.0' an answer that is typed, others are keys.
// Each line is what one sees behind an action: [frame, sentence, verdict or question].
"use strict";

const path = require("path");
const { started } = require("./look_at_site.js");

async function main([file, ...actions]) {
  const program = await started();
  const page = await program.newPage();
  const url = `file://${path.resolve(file)}`;
  await page.goto(url);
  for (const action of actions) {
    const rest = action.slice(1);
    if (action[0] === "#") await page.evaluate((hash) => (location.hash = hash), rest);
    else if (action[0] === "!") await page.click(`#${rest}`);
    else if (action[0] === "=") {
      await page.type("#ask input", rest);
      await page.keyboard.press("Enter");
    } else await page.keyboard.press(action);
    await new Promise((done) => setTimeout(done, 50)); // the hashchange event
    const seen = await page.evaluate(() =>
      ["count", "t0said", "ask"].map((id) => document.getElementById(id).innerText),
    );
    console.log(JSON.stringify(seen));
  }
  await program.close();
}

main(process.argv.slice(2));
