"""Write a file as a C array: embed.py NAME INPUT OUTPUT gives NAME[] and NAME_size. JSON loses its indentation."""

import json
import sys
from pathlib import Path


def main() -> None:
    name, source, target = sys.argv[1:]
    data = Path(source).read_bytes()
    if source.endswith(".json"):
        data = json.dumps(json.loads(data), separators=(",", ":"), ensure_ascii=False).encode()
    rows = [", ".join(map(str, data[i : i + 16])) for i in range(0, len(data), 16)]
    text = "#include <stddef.h>\n\n"
    text += f"extern const unsigned char {name}[];\nextern const size_t {name}_size;\n\n"
    text += f"const unsigned char {name}[] = {{\n\t" + ",\n\t".join(rows) + ",\n};\n"
    text += f"const size_t {name}_size = sizeof({name});\n"
    Path(target).write_text(text)


main()
