(function () {
  "use strict";
  var $ = function (id) { return document.getElementById(id); };
  var tracks = JSON.parse($("frames").textContent);
  var last = 0, now = 0, asking = false, open = null, answered = {}, near = null;
  tracks.forEach(function (t, i) {
    t.p = "t" + i;
    t.said = Array.prototype.map.call($(t.p + "log").children, function (li) { return li.innerHTML; });
    t.svg = $(t.p + "svg");
    last = Math.max(last, t.frames.length - 1);
  });
  document.documentElement.classList.add("js");
  var slider = $("slider");
  slider.max = last;
  document.querySelectorAll("details").forEach(function (d) { d.open = false; });
  var first = tracks[0].frames.findIndex(function (f) { return f.kind !== "forward"; });
  $("start").hidden = first < 1;

  function element(t, key) { return $(t.p + key); }

  // The state at frame k: all that the frames up to it have put.
  function state(t, k) {
    var s = { put: {}, done: {}, unborn: {} };
    t.frames.forEach(function (f, i) {
      (f.born || []).forEach(function (key) { if (i > k) s.unborn[key] = 1; });
      if (i > k) return;
      Object.keys(f.put).forEach(function (key) { s.put[key] = f.put[key]; });
      if (f.kind === "visit" && i < k) s.done[f.on[0]] = 1;
      if (i < k) (f.drop || []).forEach(function (key) { s.put[key] = null; });
      if (f.kind === "computed") s.done = {};
    });
    return s;
  }

  function paint(t, k) {
    k = Math.min(k, t.frames.length - 1);
    var f = t.frames[k], s = state(t, k), on = {}, wait = {}, drop = {};
    (f.on || []).forEach(function (key) { on[key] = 1; });
    (f.wait || []).forEach(function (w) { wait[w] = 1; });
    (f.drop || []).forEach(function (key) { drop[key] = 1; });
    t.svg.querySelectorAll("[id]").forEach(function (e) {
      var key = e.id.slice(t.p.length);
      if (!/^[efv]\d/.test(key)) return;
      e.classList.toggle("on", !!on[key]);
      e.classList.toggle("wait", !!wait[key]);
      e.classList.toggle("done", !!s.done[key]);
      e.classList.toggle("drop", !!drop[key]);
      e.classList.toggle("unborn", !!s.unborn[key]);
      var g = e.querySelector(".g");
      if (g) {
        var text = s.put[key] == null ? "" : "grad " + s.put[key];
        if (drop[key] && f.kind === "drop") text = "grad dropped";
        if (g.textContent !== text) g.textContent = text;
      }
    });
    look(t, f);
    return f;
  }

  // A picture too large for its place shows the part that the frame is about.
  function look(t, f) {
    var W = +t.svg.dataset.w, H = +t.svg.dataset.h, box = t.svg.parentNode;
    var w = t.svg.clientWidth || 1, h = box.clientHeight || 1;
    var fits = Math.min(w / W, h / H), close = near === null ? fits < 0.6 : near;
    $("whole").hidden = fits > 0.85 && tracks.length < 2;
    var x = 0, y = 0, vw = W, vh = H;
    if (close) {
      vw = Math.min(W, w / 0.85); vh = Math.min(H, h / 0.85);
      var x0 = 1e9, y0 = 1e9, x1 = -1e9, y1 = -1e9;
      (f.on || []).forEach(function (key) {
        var e = element(t, key);
        if (!e || key[0] === "e") return;
        var b = e.getBBox();
        x0 = Math.min(x0, b.x); y0 = Math.min(y0, b.y);
        x1 = Math.max(x1, b.x + b.width); y1 = Math.max(y1, b.y + b.height);
      });
      if (x1 > x0) {
        x = Math.max(0, Math.min(W - vw, (x0 + x1) / 2 - vw / 2));
        y = Math.max(0, Math.min(H - vh, (y0 + y1) / 2 - vh / 2));
      }
    }
    $("whole").setAttribute("aria-pressed", close);
    t.svg.setAttribute("viewBox", [x, y, vw, vh].join(" "));
  }

  // The question of the frame, or null where there is none or it was answered.
  function question(k) {
    var f = tracks[0].frames[k];
    if (!asking || !f || !f.ask || answered[k]) return null;
    if (!f.ask.pick) return f.ask;
    var name = function (key) { return tracks[0].names[key]; };
    var pick = f.wait.concat(f.on[0]).map(name).sort();
    return { q: "These Functions wait. Which one is next?", pick: pick, a: name(f.on[0]), too: (f.ask.too || []).map(name) };
  }

  function show(k, verdict) {
    now = Math.max(0, Math.min(last, k));
    open = question(now);
    tracks.forEach(function (t, i) {
      var held = open && now > 0;
      var f = paint(t, held ? now - 1 : now), at = Math.min(now, t.frames.length - 1);
      var said = $(t.p + "said");
      if (held) said.textContent = i ? "…" : open.q; else said.innerHTML = t.said[at];
      var wait = held ? [] : (f.wait || []).map(function (key) { return t.names[key]; });
      $(t.p + "wait").textContent = wait.length ? "Waiting: " + wait.join(" · ") : "";
      Array.prototype.forEach.call($(t.p + "log").children, function (li, j) {
        if (j === at && !held) li.setAttribute("aria-current", "step"); else li.removeAttribute("aria-current");
      });
    });
    ask(open, verdict);
    slider.value = now;
    slider.setAttribute("aria-valuetext", "frame " + now + " of " + last);
    $("start").textContent = now < first ? "Skip to backward" : "From the start";
    $("count").textContent = now + " / " + last;
    try { history.replaceState(null, "", "#" + now); } catch (e) { /* within a notebook */ }
  }

  function ask(q, verdict) {
    var place = $("ask");
    place.textContent = "";
    if (verdict) {
      var p = document.createElement("span");
      p.className = "verdict " + verdict[0];
      p.textContent = verdict[1];
      place.appendChild(p);
    }
    if (!q) return;
    var k = now;
    function button(text, does) {
      var b = document.createElement("button");
      b.type = "button"; b.textContent = text;
      b.addEventListener("click", does);
      place.appendChild(b);
    }
    function judge(given) {
      var right, also = (q.too || []).indexOf(given) >= 0;
      if (q.pick) right = given === q.a || also;
      else right = Math.abs(parseFloat(given) - parseFloat(q.a)) <= 1e-3 * Math.max(1e-9, Math.abs(parseFloat(q.a)));
      answered[k] = 1;
      show(k, right ? ["good", also ? "Right as well: the engine took " + q.a + "." : "Right: " + q.a + "."]
        : ["bad", "No: it is " + q.a + "."]);
    }
    if (q.pick) q.pick.forEach(function (name) { button(name, function () { judge(name); }); });
    else {
      var input = document.createElement("input");
      input.type = "text"; input.inputMode = "decimal"; input.setAttribute("aria-label", q.q);
      input.addEventListener("keydown", function (e) { if (e.key === "Enter") judge(input.value); });
      place.appendChild(input);
      button("Check", function () { judge(input.value); });
    }
    button("Tell me", function () { answered[k] = 1; show(k); });
  }

  function go(k) { show(k); }
  function forward() {
    if (open) { answered[now] = 1; show(now); } else go(now + 1);
  }
  slider.addEventListener("input", function () { go(+slider.value); });
  $("back").addEventListener("click", function () { go(now - 1); });
  $("next").addEventListener("click", forward);
  $("start").addEventListener("click", function () {
    go(now >= first ? 0 : first);
  });
  $("quiz").addEventListener("click", function () {
    asking = !asking; answered = {};
    $("quiz").setAttribute("aria-pressed", asking);
    show(now);
  });
  $("whole").addEventListener("click", function () {
    near = $("whole").getAttribute("aria-pressed") !== "true";
    show(now);
  });
  document.addEventListener("keydown", function (e) {
    var tag = e.target.tagName, type = e.target.type;
    if (e.ctrlKey || e.altKey || e.metaKey || (tag === "INPUT" && type === "text")) return;
    if (type === "range" && e.key !== " ") return;
    if (e.key === " " && (tag === "BUTTON" || tag === "SUMMARY")) return;
    var does = { ArrowLeft: function () { go(now - 1); }, ArrowRight: forward, " ": forward,
      Home: function () { go(0); }, End: function () { go(last); } }[e.key];
    if (does) { e.preventDefault(); does(); }
  });
  function address() {
    var k = parseInt(location.hash.slice(1), 10);
    return k >= 0 ? k : 0;
  }
  window.addEventListener("hashchange", function () { if (address() !== now) go(address()); });
  window.addEventListener("resize", function () { show(now); });
  show(address());
})();
