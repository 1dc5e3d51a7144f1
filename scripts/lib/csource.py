"""Reads C source far enough to check it: code without comments and strings, the strings, the comments, the functions."""
import re
import subprocess
from pathlib import Path

TOKEN = re.compile(
    r"""(?P<comment>/\*.*?\*/|//[^\n]*)
      | (?P<string>"(?:\\.|[^"\\\n])*")
      | (?P<char>'(?:\\.|[^'\\\n])+')""",
    re.S | re.X,
)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", re.M)


def blank(text):
    """The same length and the same lines, nothing on them."""
    return re.sub(r"[^\n]", " ", text)


class CSource:
    def __init__(self, text):
        self.text = text
        self.comments = []  # (line, text)
        self.strings = []  # (offset, end, line, text without quotes)
        out, last = [], 0
        for m in TOKEN.finditer(text):
            out.append(text[last:m.start()])
            line = self.line_at(m.start())
            if m["comment"]:
                self.comments.append((line, m[0]))
                out.append(blank(m[0]))
            elif m["string"] is not None:
                self.strings.append((m.start(), m.end(), line, m[0][1:-1]))
                out.append('"' + blank(m[0][1:-1]) + '"')
            else:
                out.append("'" + blank(m[0][1:-1]) + "'")
            last = m.end()
        out.append(text[last:])
        self.code = "".join(out)  # comments and contents of strings blanked
        self.bare = DIRECTIVE.sub(lambda m: blank(m[0]), self.code)  # directives blanked too

    def line_at(self, offset):
        return self.text.count("\n", 0, offset) + 1

    def functions(self):
        """Yields (name, first line of the body, lines of code in the body, deepest nesting of blocks inside it)."""
        depth, start, name, deepest = 0, 0, "", 0
        for m in re.finditer(r"[{}]", self.bare):
            if m[0] == "{":
                depth += 1
                if depth == 1:
                    name = self._function_name(m.start())
                    start, deepest = m.end(), 0
                elif name and self._is_block(m.start()):
                    deepest = max(deepest, depth - 1)
            else:
                depth = max(0, depth - 1)
                if depth == 0 and name:
                    body = self.bare[start:m.start()].splitlines()
                    yield name, self.line_at(start), sum(1 for x in body if x.strip(" \t{};")), deepest
                    name = ""

    def _is_block(self, offset):
        """A block of statements and not a list of initial values."""
        before = self.bare[max(0, offset - 400):offset].rstrip()
        return before.endswith((")", ";", "{", "}", "else", "do", ":"))

    def _function_name(self, offset):
        before = self.bare[max(0, offset - 2000):offset]
        head = re.split(r"[;}]", before)[-1]
        if not head.rstrip().endswith(")") or re.search(r"=\s*$", head):
            return ""
        m = re.search(r"(\w+)\s*\(", head)
        return m[1] if m else ""

    def string_runs(self):
        """Adjacent literals that the compiler joins: (first line, last line, text)."""
        run = None
        for start, end, line, text in self.strings:
            between = self.code[run[3]:start] if run else ""
            if run and re.fullmatch(r"\s*", between):
                run = (run[0], line, run[2] + text, end)
            else:
                if run:
                    yield run[:3]
                run = (line, line, text, end)
        if run:
            yield run[:3]


def project_files(root):
    """Files of the project as paths below root: what git knows or would add, else everything below root."""
    root = Path(root)
    if (root / ".git").exists():
        git = ["git", "-C", str(root), "ls-files", "-co", "--exclude-standard", "-z"]
        out = subprocess.run(git, capture_output=True, check=True).stdout
        names = [x for x in out.decode().split("\0") if x]
    else:
        names = [str(p.relative_to(root)) for p in root.rglob("*") if p.is_file()]
    return sorted(n for n in set(names) if (root / n).is_file())
