// Writes what the docs say of usage and options anew, from the definitions that `--help` shows: `node scripts/command-pages.mjs`.
import { readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import path from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)))
const { Command } = createRequire(path.join(root, 'packages/cli/package.json'))('commander')
const { sitedrive } = await import(
  pathToFileURL(path.join(root, 'packages/cli/dist/sitedrive-program.js')).href
)

const program = new Command('sitedrive')
sitedrive.addCommands(program, () => {})
const help = program.createHelp()
const commands = program.commands.filter((command) => command.name() !== 'help')

/** Files whose parts are written, by their paths below the repository's folder: `[heading, next heading, text]` each. */
export function generatedParts() {
  const parts = new Map()
  for (const command of commands)
    parts.set(`docs/commands/${command.name()}.md`, [
      ['Usage', 'Options', usage(command)],
      ['Options', 'Examples', options(command)]
    ])
  const table = (link) =>
    `| command | does |\n| --- | --- |\n${commands.map((each) => `| ${link(each.name())} | ${cell(each.description())} |`).join('\n')}\n`
  parts.set('docs/commands/README.md', [
    ['Commands', 'Options of all commands', table((name) => `[\`${name}\`](${name}.md)`)],
    ['Options of all commands', 'Environment variables', optionTable(program)]
  ])
  parts.set('packages/cli/README.md', [
    ['Commands', 'Environment variables', `${table((name) => `\`${name}\``)}\n${MORE}`]
  ])
  return parts
}

const MORE =
  "`npx sitedrive <command> --help` shows the options of each; *The command line*, in sitedrive's docs, has a page for each, with examples, exit\ncodes and the shapes of `--json`.\n"

/** A page with its generated parts as they should be. @throws when it lacks one of the headings */
export function withParts(page, parts) {
  return parts.reduce((text, [heading, next, part]) => {
    const from = text.indexOf(`\n## ${heading}\n`)
    const to = text.indexOf(`\n## ${next}\n`)
    if (from === -1 || to < from) throw new Error(`it has no \`## ${heading}\` before \`## ${next}\``)
    return `${text.slice(0, from)}\n## ${heading}\n\n${part}${text.slice(to)}`
  }, page)
}

function usage(command) {
  const each = command.commands.length > 0 ? command.commands : [command]
  const lines = each.map((one) => `sitedrive ${help.commandUsage(one).replace(/^(sitedrive )+/, '')}`)
  const notes =
    command.commands.length > 0
      ? command.commands.map((one) => `- \`${one.name()}\`: ${one.description()}`)
      : command.registeredArguments.map(
          (argument) => `- \`${argument.name()}\`: ${help.argumentDescription(argument)}`
        )
  return `\`\`\`\n${lines.join('\n')}\n\`\`\`\n${notes.length > 0 ? `\n${notes.join('\n')}\n` : ''}`
}

function options(command) {
  const each = [command, ...command.commands].filter((one) => ownOptions(one).length > 0)
  const tables = each.map((one) => `${one === command ? '' : `Of \`${one.name()}\`:\n\n`}${optionTable(one)}`)
  return [...tables, 'And the [options of all commands](README.md#options-of-all-commands).\n'].join('\n')
}

function optionTable(command) {
  const rows = ownOptions(command).map(
    (option) => `| \`${help.optionTerm(option)}\` | ${cell(help.optionDescription(option))} |`
  )
  return `| option | effect |\n| --- | --- |\n${rows.join('\n')}\n`
}

function ownOptions(command) {
  return command.options.filter((option) => !option.hidden)
}

/** Text for a table. Words in angle brackets would be taken for markup. */
function cell(text) {
  return text
    .replaceAll('|', '\\|')
    .replaceAll(/<[a-z][^<>]*>(?:\.<[^<>]*>|:\w+)*/g, '`$&`')
    .replaceAll('``', '`')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [file, parts] of generatedParts()) {
    const page = readFileSync(path.join(root, file), 'utf8')
    writeFileSync(path.join(root, file), withParts(page, parts))
  }
}
