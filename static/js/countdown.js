/* countdown.js: time left by the server's clock (倒计时).
   [role=timer][data-deadline][data-now] with <b data-part="days|hours|minutes|seconds">; data-reload opens the page anew at zero.
   [data-server-clock][data-now] shows the platform's time of day. Spoken only on demand and at 10 and 1 minutes. */
(() => {
  "use strict";
  const started = performance.now();
  const timers = [...document.querySelectorAll("[role=timer][data-deadline]")].map((box) => ({
    box, end: Date.parse(box.dataset.deadline), now: Date.parse(box.dataset.now), told: new Set(), over: box.classList.contains("over"),
  }));
  const clocks = [...document.querySelectorAll("[data-server-clock]")].map((box) => ({ box, now: Date.parse(box.dataset.now) }));
  if (!timers.length && !clocks.length) return;
  const two = (number) => String(number).padStart(2, "0");
  const names = { days: "天", hours: "时", minutes: "分", seconds: "秒" };

  function parts(seconds) {
    const found = { days: Math.floor(seconds / 86400), hours: Math.floor(seconds / 3600) % 24, minutes: Math.floor(seconds / 60) % 60, seconds: seconds % 60 };
    return found.days ? ["days", "hours", "minutes"].map((name) => [name, found[name]]) : ["hours", "minutes", "seconds"].map((name) => [name, found[name]]);
  }

  function draw(timer, gone) {
    const left = Math.floor((timer.end - timer.now - gone) / 1000);
    if (left <= 0) { finish(timer); return; }
    const shown = parts(left);
    const boxes = timer.box.querySelectorAll("[data-part]");
    if (boxes.length !== shown.length || boxes[0].dataset.part !== shown[0][0]) {
      timer.box.replaceChildren(...shown.flatMap(([name]) => {
        const figure = document.createElement("b");
        const unit = document.createElement("span");
        figure.dataset.part = name;
        unit.textContent = names[name];
        return [figure, unit];
      }));
    }
    shown.forEach(([name, value]) => {
      const box = timer.box.querySelector(`[data-part=${name}]`);
      const text = name === "days" ? String(value) : two(value);
      if (box.textContent !== text) box.textContent = text;
    });
    timer.box.setAttribute("aria-label", `距离截止还有 ${shown.map(([name, value]) => `${value} ${names[name]}`).join(" ")}`);
    [600, 60].forEach((mark) => {
      if (left === mark && !timer.told.has(mark)) { timer.told.add(mark); window.platform?.say(`还剩 ${mark / 60} 分钟`); }
    });
  }

  function finish(timer) {
    if (timer.over) return;
    timer.over = true;
    timer.box.classList.add("over");
    timer.box.replaceChildren(Object.assign(document.createElement("b"), { textContent: "已截止" }));
    timer.box.setAttribute("aria-label", "已经截止");
    window.platform?.say("已经截止");
    timer.box.dispatchEvent(new CustomEvent("countdown:over", { bubbles: true }));
    /* A second or two apart, so that a whole hall does not ask at the same instant. */
    if (timer.box.hasAttribute("data-reload")) setTimeout(() => window.location.reload(), 800 + Math.random() * 1600);
  }

  function tick() {
    const gone = performance.now() - started;
    timers.forEach((timer) => { if (!timer.over) draw(timer, gone); });
    clocks.forEach((clock) => {
      clock.box.textContent = new Date(clock.now + gone).toLocaleTimeString("zh-CN", { hour12: false, timeZone: "Asia/Shanghai" });
    });
  }
  tick();
  setInterval(tick, 1000);
})();
