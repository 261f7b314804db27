"""Laws of the one file that holds all modules of the components."""

import shutil
import subprocess
from pathlib import Path

import pytest

from explorer.map_component.bundle import ENTRIES, bundle
from explorer.ui.map import scripts


def of(**modules: str) -> dict[str, str]:
    empty = "export const mount = 1;\n"
    return {f"{name}.js": modules.get(name, empty) for name in {*ENTRIES, *modules}}


@pytest.mark.skipif(shutil.which("node") is None, reason="needs node")
def test_modules_share_what_they_import_and_no_names(tmp_path: Path) -> None:
    files = of(
        map='import { add, last } from "./a.js";\nconst step = 1;\n'
        "add(step);\nexport const mount = last();\n",
        player='import { add, last } from "./a.js";\nconst step = 10;\n'
        "add(step);\nexport const mount = last();\n",
        a="const all = [];\nexport function add(x) {\n  all.push(x);\n}\n"
        "export function last() {\n  return all.join();\n}\n",
    )
    (tmp_path / "all.mjs").write_text(bundle(files | {"map.css": "a { b: c }"}))
    script = 'import("./all.mjs").then((all) => console.log(JSON.stringify(all)))'
    said = subprocess.run(
        ["node", "-e", script], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert said.stdout.strip() == (
        '{"mounts":{"map":"1","player":"1,10","slider":1,"columns":1,"embedded":1},'
        '"styles":{"map":"a { b: c }"}}'
    )


@pytest.mark.parametrize(
    "text",
    [
        'import * as a from "./a.js";\nexport const mount = 1;\n',
        "export default 1;\n",
        'import { mount } from "./player.js";\nexport const mount = mount;\n',
    ],
)
def test_another_form_or_a_cycle_is_refused(text: str) -> None:
    cycle = 'import { mount } from "./map.js";\nexport const mount = 1;\n'
    with pytest.raises(ValueError, match=r"map|import|export"):
        bundle(of(map=text, player=cycle, a="export const b = 1;\n"))


def test_the_bundle_is_served_and_names_every_module_once() -> None:
    served = scripts.files()
    text = served[scripts.BUNDLE][0].decode()
    modules = [name.removesuffix(".js") for name in served if name.endswith(".js")]
    modules.remove("bundle")
    assert all(text.count(f"const ${name} = ") == 1 for name in modules)
