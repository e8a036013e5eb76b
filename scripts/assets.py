"""Lay out what the pages need from other people into vendor/: style, scripts, and one picture file with the icons used.

Only listed files are copied: whole packages would be 85 MB, and the manifest storage stops at a missing source map.
usage: python scripts/assets.py          (after `npm ci`; quick, so it may run before every start)
"""

import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

BASE_DIR = Path(__file__).resolve().parent.parent
PACKAGES = BASE_DIR / "node_modules"
VENDOR = BASE_DIR / "vendor"

FILES = {
    "bootstrap/css/bootstrap.min.css": "bootstrap/dist/css/bootstrap.min.css",
    "bootstrap/js/bootstrap.bundle.min.js": "bootstrap/dist/js/bootstrap.bundle.min.js",
    "htmx/htmx.min.js": "htmx.org/dist/htmx.min.js",
    "echarts/echarts.common.min.js": "echarts/dist/echarts.common.min.js",
}
SOURCE_MAP = re.compile(r"(?:/\*|//)# ?sourceMappingURL=.*")

# Where an icon is named: {% icon "bell" %}, icon="bell", icon: str = "bell", "icon": "bell", icons.svg#bell.
NAMED = re.compile(r"""(?:\bicon["']?(?:: str)?\s*[=:(]\s*|\{% icon |icons\.svg#)["']?([a-z0-9]+(?:-[a-z0-9]+)*)\b""")
CALLED_BY_TAG = re.compile(r"""\{% icon ["']([^"']+)["']""")
READ = {".html", ".py", ".js", ".svg"}
APPS = ("accounts", "audit", "catalog", "core", "demo", "evaluation", "portal", "procurement", "static", "templates")
SVG = "http://www.w3.org/2000/svg"


def write(path: Path, text: str) -> bool:
    """Write a text if it differs from what is there, so that nothing downstream is made again for nothing."""
    if path.is_file() and path.read_text(encoding="utf-8") == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return True


def icons_used() -> tuple[set[str], set[str]]:
    """The icon names found in our sources: those a template's tag asks for, and all that look like one."""
    asked: set[str] = set()
    named: set[str] = set()
    for app in APPS:
        for path in (BASE_DIR / app).rglob("*"):
            if path.suffix in READ:
                text = path.read_text(encoding="utf-8")
                asked.update(CALLED_BY_TAG.findall(text))
                named.update(NAMED.findall(text))
    return asked, named | asked


def sprite() -> str:
    """One SVG file with a symbol for each icon in use, 1 KB each, instead of a font of 2078.

    raises  SystemExit when a template asks for an icon that Bootstrap Icons does not have
    """
    drawings = PACKAGES / "bootstrap-icons" / "icons"
    asked, named = icons_used()
    unknown = sorted(name for name in asked if not (drawings / f"{name}.svg").is_file())
    if unknown:
        raise SystemExit(f"模板用到的图标不存在：{'、'.join(unknown)}（名称见 Bootstrap Icons）")
    ET.register_namespace("", SVG)
    root = ET.Element(f"{{{SVG}}}svg")
    for name in sorted(named):
        path = drawings / f"{name}.svg"
        if path.is_file():
            drawing = ET.fromstring(path.read_text(encoding="utf-8"))  # noqa: S314 - from a locked package
            symbol = ET.SubElement(root, f"{{{SVG}}}symbol", id=name, viewBox=drawing.get("viewBox", "0 0 16 16"))
            symbol.set("fill", "currentColor")
            symbol.extend(drawing)
    return ET.tostring(root, encoding="unicode") + "\n"


def main() -> int:
    """Copy the files, draw the sprite; say how many files changed."""
    changed = 0
    for target, source in FILES.items():
        text = (PACKAGES / source).read_text(encoding="utf-8")
        changed += write(VENDOR / target, SOURCE_MAP.sub("", text))
    changed += write(VENDOR / "icons.svg", sprite())
    if changed:
        print(f"前端资源已就绪（更新 {changed} 个文件）")
    return 0


if __name__ == "__main__":
    sys.exit(main())
