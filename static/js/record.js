/* record.js: the record form at hand (记录活动): steppers, pictures one after another, the time it took.
   data-stepper with buttons data-by; data-shots round the file input; data-album chooses from the album; data-timer */
(() => {
  "use strict";
  const $ = (selector, root = document) => root.querySelector(selector);
  const form = $("form.rec");
  if (!form) return;

  /* Steppers ---------------------------------------------------------------- */
  form.addEventListener("click", (event) => {
    const button = event.target.closest("[data-by]");
    if (!button) return;
    const field = $("input", button.closest("[data-stepper]"));
    const next = Math.max(Number(field.min || 0), Number(field.value || 0) + Number(button.dataset.by));
    field.value = String(next);
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });

  /* Who comes for the first time is among those who come: the smaller number follows the larger one. */
  const before = new Map();
  form.querySelectorAll("input[name^=people_]").forEach((field) => before.set(field, Number(field.value || 0)));
  form.addEventListener("input", (event) => {
    const people = event.target;
    if (!before.has(people)) return;
    const n = people.name.slice("people_".length);
    const now = Number(people.value || 0);
    const fresh = form.elements[`new_${n}`];
    if (fresh && (Number(fresh.value || 0) === before.get(people) || Number(fresh.value || 0) > now)) fresh.value = String(now);
    before.set(people, now);
  });

  /* Pictures: made smaller before they are kept, with the camera's own word of time and place left in ------- */
  const SIDE = 1600;
  const LARGE = 900 * 1024;
  async function said(file) {
    // The part of a JPEG in which the camera writes time, place and which way is up (APP1, "Exif").
    const bytes = new Uint8Array(await file.slice(0, 128 * 1024).arrayBuffer());
    if (bytes[0] !== 0xff || bytes[1] !== 0xd8) return null;
    for (let at = 2; at + 4 < bytes.length && bytes[at] === 0xff;) {
      const length = bytes[at + 2] * 256 + bytes[at + 3];
      const end = at + 2 + length;
      if (bytes[at + 1] === 0xe1 && String.fromCharCode(...bytes.slice(at + 4, at + 8)) === "Exif") return end <= bytes.length ? bytes.slice(at, end) : null;
      at = end;
    }
    return null;
  }
  async function smaller(file) {
    if (file.size <= LARGE || file.type !== "image/jpeg") return file;
    try {
      const picture = await createImageBitmap(file, { imageOrientation: "none" });
      const scale = Math.min(1, SIDE / Math.max(picture.width, picture.height));
      const canvas = document.createElement("canvas");
      canvas.width = Math.round(picture.width * scale);
      canvas.height = Math.round(picture.height * scale);
      canvas.getContext("2d").drawImage(picture, 0, 0, canvas.width, canvas.height);
      const drawn = await new Promise((resolve) => { canvas.toBlob(resolve, "image/jpeg", 0.82); });
      const camera = await said(file);
      const parts = camera ? [drawn.slice(0, 2), camera, drawn.slice(2)] : [drawn];
      const made = new File(parts, file.name, { type: "image/jpeg", lastModified: file.lastModified });
      return made.size < file.size ? made : file;
    } catch { return file; }
  }
  const box = $("[data-shots]", form);
  const field = $("input[type=file]", form);
  let kept = [];
  async function draw() {
    box.querySelectorAll(".shotx").forEach((each) => each.remove());
    for (const [n, file] of kept.entries()) {
      const frame = document.createElement("div");
      frame.className = "shotx";
      const canvas = document.createElement("canvas");
      canvas.width = canvas.height = 240;
      canvas.setAttribute("role", "img");
      canvas.setAttribute("aria-label", `照片 ${n + 1}`);
      const away = document.createElement("button");
      away.type = "button";
      away.className = "away";
      away.textContent = "×";
      away.setAttribute("aria-label", `去掉照片 ${n + 1}`);
      away.addEventListener("click", () => { kept.splice(n, 1); keep(); });
      frame.append(canvas, away);
      box.insertBefore(frame, box.lastElementChild);
      try {
        const picture = await createImageBitmap(file);
        const side = Math.min(picture.width, picture.height);
        canvas.getContext("2d").drawImage(picture, (picture.width - side) / 2, (picture.height - side) / 2, side, side, 0, 0, 240, 240);
      } catch { /* the platform says what is wrong with it */ }
    }
  }
  function keep() {
    const files = new DataTransfer();
    kept.forEach((file) => files.items.add(file));
    field.files = files.files;
    form.dispatchEvent(new Event("input", { bubbles: true }));
    draw();
  }
  field.addEventListener("change", async () => {
    const added = [...field.files].filter((file) => !kept.includes(file));
    kept = [...kept, ...await Promise.all(added.map(smaller))];
    keep();
  });
  const restore = () => { kept = [...field.files]; draw(); };
  field.addEventListener("restored", restore);
  if (field.files.length) restore();
  const album = $("[data-album]", form);
  if (album) {
    album.addEventListener("click", () => {
      const way = field.getAttribute("capture");
      field.removeAttribute("capture");
      field.click();
      if (way) setTimeout(() => field.setAttribute("capture", way), 500);
    });
  }

  /* The time it took ---------------------------------------------------------- */
  const timer = $("[data-timer]", form);
  const since = Date.now();
  const tick = () => {
    const seconds = Math.floor((Date.now() - since) / 1000);
    timer.textContent = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  };
  if (timer) setInterval(tick, 1000);
  const button = $("[data-send]", form);
  const word = () => { if (button) button.textContent = navigator.onLine ? "提交记录" : "存下，恢复网络后提交"; };
  window.addEventListener("online", word);
  window.addEventListener("offline", word);
  word();
})();
