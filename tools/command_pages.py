"""What is made of the table of commands beside docs/COMMANDS.md: the man pages, and completion for three shells."""
import re
from dataclasses import dataclass, field


@dataclass
class Command:
    """One command: "plugin new", as `harvester --help` shows it."""
    name: str
    usage: str
    text: str
    options: dict[str, list[str] | None] = field(default_factory=dict)
    """Each option, with the values that it takes: None for none, [] for any."""


def parse_options(usage: str) -> dict[str, list[str] | None]:
    """The options of "[--role viewer|operator] [-o FILE] [--json]"."""
    found: dict[str, list[str] | None] = {}
    for option, value in re.findall(r"(?<![\w-])(--?[a-z][\w-]*)(?: ([A-Za-z][\w|:.]*))?", usage):
        found[option] = None if not value else value.split("|") if value.islower() else []
    return found


def parse_commands(help_text: str) -> list[Command]:
    """All commands of `harvester --help`, in its order."""
    commands = []
    for usage, text in re.findall(r"^  harvester (.+)\n      (.+)$", help_text, re.MULTILINE):
        words = usage.split()
        size = 2 if len(words) > 1 and re.fullmatch(r"[a-z][a-z-]*", words[1]) else 1
        commands.append(Command(" ".join(words[:size]), usage, text, parse_options(usage)))
    return commands


# Man pages

def roff(text: str) -> str:
    """Text that man shows as it is."""
    text = text.replace("\\", "\\e").replace("-", "\\-")
    return re.sub(r"^([.'])", r"\\&\1", text, flags=re.MULTILINE)


def plain(text: str) -> str:
    """Markdown without its marks."""
    text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", text)
    return re.sub(r"[`*]", "", text).replace("\\|", "|").strip()


def write_manual(commands: list[Command], version: str) -> str:
    """harvester(1)"""
    lines = ['.\\" Made of the table of commands by tools/docs.', f'.TH HARVESTER 1 "" "harvester {version}"',
             ".SH NAME", "harvester \\- run untrusted sensor plugins, each in its own sandbox",
             ".SH SYNOPSIS", ".B harvester", "COMMAND [OPTIONS]",
             ".SH DESCRIPTION", "A node reads sensors by plugins: Python files or WebAssembly components. Each runs in a",
             "sandbox, in a process of its own, and reaches only the devices that the owner of the node granted.",
             ".SH COMMANDS"]
    for command in commands:
        lines += [".TP", f".B harvester {roff(command.usage)}", roff(command.text)]
    lines += [".SH EXIT STATUS", "0 done, 1 the request failed, 2 wrong usage.",
              ".SH FILES", ".TP", ".I /etc/harvester/config.toml", "The configuration, see",
              ".BR harvester\\-config (5).", ".TP", ".I /var/lib/harvester/plugins",
              "The plugins of the service.", ".TP", ".I /var/lib/harvester/data",
              "The data of the service: approvals, accounts, history.", ".TP",
              ".I /usr/share/harvester/plugins", "Plugins to copy from.",
              ".SH SEE ALSO", ".BR harvester\\-config (5),", ".BR systemctl (1)"]
    return "\n".join(lines) + "\n"


def write_config_manual(markdown: str, version: str) -> str:
    """harvester-config(5), from the first table of keys in docs/CONFIG.md."""
    table = markdown.split("| key | default | range | meaning |\n", 1)[1].split("\n\n", 1)[0]
    lines = ['.\\" Made of docs/CONFIG.md by tools/docs.', f'.TH HARVESTER\\-CONFIG 5 "" "harvester {version}"',
             ".SH NAME", "harvester\\-config \\- the configuration of harvester",
             ".SH SYNOPSIS", ".I /etc/harvester/config.toml",
             ".SH DESCRIPTION", "A TOML file. Every key has a default.",
             ".B harvester check \\-\\-config FILE", "explains what is wrong with it. A running node reads it again on",
             "SIGHUP; the log names what needs a restart.",
             ".SH KEYS"]
    for row in table.splitlines()[1:]:
        key, default, values, meaning = (plain(cell) for cell in re.split(r"(?<!\\)\|", row)[1:5])
        if key.startswith("["):
            lines += [f".SS {roff(key)}", roff(meaning)] if meaning else [f".SS {roff(key)}"]
            continue
        facts = [f"default {default}" if default else "", values]
        lines += [".TP", f".B {roff(key)}", roff("; ".join(fact for fact in [*facts, meaning] if fact) + ".")]
    lines += [".SH SEE ALSO", ".BR harvester (1)"]
    return "\n".join(lines) + "\n"


# Completion

def groups(commands: list[Command]) -> dict[str, list[str]]:
    """The first words, each with the second words that it can have."""
    found: dict[str, list[str]] = {}
    for command in commands:
        first, _, second = command.name.partition(" ")
        found.setdefault(first, [])
        if second:
            found[first].append(second)
    return found


def write_bash(commands: list[Command]) -> str:
    """Completion for bash."""
    lines = ["# Made of the table of commands by tools/docs.", "_harvester() {",
             '    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD-1]}',
             '    local first=${COMP_WORDS[1]} second=${COMP_WORDS[2]} options="" values=""', "    COMPREPLY=()",
             "    if [ \"$COMP_CWORD\" = 1 ]; then",
             f'        mapfile -t COMPREPLY < <(compgen -W "{" ".join(groups(commands))}" -- "$word")', "        return",
             "    fi", '    if [ "$COMP_CWORD" = 2 ]; then', '        case $first in']
    for first, seconds in groups(commands).items():
        if seconds:
            lines.append(f'            {first}) values="{" ".join(seconds)}" ;;')
    lines += ["        esac", "    fi", '    case "$first $second" in']
    for command in sorted(commands, key=lambda one: " " not in one.name):
        pattern = f'"{command.name}"' if " " in command.name else f'"{command.name} "*'
        lines.append(f'        {pattern}) options="{" ".join(command.options)}" ;;')
    lines += ["    esac", '    case "$first $second:$before" in']
    for command in commands:
        for option, values in command.options.items():
            if values:
                lines.append(f'        "{command.name}:{option}") values="{" ".join(values)}" options="" ;;')
    lines += ["    esac", '    if [ -n "$values" ] || [[ $word = -* ]]; then',
              '        mapfile -t COMPREPLY < <(compgen -W "$values $options" -- "$word")', "    else",
              "        compopt -o default", "    fi", "}", "complete -F _harvester harvester"]
    return "\n".join(lines) + "\n"


def quote(text: str) -> str:
    """A word of a shell, and nothing that zsh or fish would read in it."""
    return "'" + re.sub(r"['\[\]:]", "", text) + "'"


def first_sentence(text: str) -> str:
    """Enough of a command's text for a list."""
    return re.split(r"[.:;]", text)[0]


def write_zsh(commands: list[Command]) -> str:
    """Completion for zsh."""
    lines = ["#compdef harvester", "# Made of the table of commands by tools/docs.", "_harvester() {",
             "    local -a list", '    if (( CURRENT == 2 )); then', "        list=("]
    for first, seconds in groups(commands).items():
        text = next((first_sentence(one.text) for one in commands if one.name == first), " | ".join(seconds))
        lines.append("            " + quote(first)[:-1] + ":" + quote(text)[1:])
    lines += ["        )", "        _describe command list", "        return", "    fi", "    if (( CURRENT == 3 )); then",
              "        case $words[2] in"]
    for first, seconds in groups(commands).items():
        if seconds:
            items = [quote(second)[:-1] + ":" + quote(first_sentence(one.text))[1:] for second in seconds
                     for one in commands if one.name == f"{first} {second}"]
            lines.append(f"            {first}) list=({' '.join(items)}); _describe command list; return ;;")
    lines += ["        esac", "    fi", '    case "$words[2] $words[3]" in']
    for command in sorted(commands, key=lambda one: " " not in one.name):
        pattern = f'"{command.name}"' if " " in command.name else f'"{command.name} "*'
        specs = []
        for option, values in command.options.items():
            if values is None:
                specs.append(quote(option))
            else:
                specs.append(quote(option)[:-1] + (f":value:({' '.join(values)})'" if values else ":value:_files'"))
        lines.append(f"        {pattern}) _arguments {' '.join(specs)} '*:file:_files' ;;")
    lines += ["    esac", "}", '_harvester "$@"']
    return "\n".join(lines) + "\n"


def write_fish(commands: list[Command]) -> str:
    """Completion for fish."""
    lines = ["# Made of the table of commands by tools/docs."]
    firsts = groups(commands)
    for first, seconds in firsts.items():
        text = next((first_sentence(one.text) for one in commands if one.name == first), " | ".join(seconds))
        lines.append(f"complete -c harvester -f -n __fish_use_subcommand -a {first} -d {quote(text)}")
    for command in commands:
        first, _, second = command.name.partition(" ")
        seen = f"__fish_seen_subcommand_from {first}"
        if second:
            others = " ".join(firsts[first])
            lines.append(f"complete -c harvester -f -n '{seen}; and not __fish_seen_subcommand_from {others}' "
                         f"-a {second} -d {quote(first_sentence(command.text))}")
            seen += f"; and __fish_seen_subcommand_from {second}"
        for option, values in command.options.items():
            name = f"-l {option[2:]}" if option.startswith("--") else f"-s {option[1:]}"
            value = "" if values is None else f" -x -a '{' '.join(values)}'" if values else " -r"
            lines.append(f"complete -c harvester -n '{seen}' {name}{value}")
    return "\n".join(lines) + "\n"
