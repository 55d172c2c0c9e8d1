import path from 'node:path'
import { expect, test } from 'vitest'
import { temporaryFolder, writeFiles } from '../../src/index.js'
import { runExamples, type RunExamplesOptions } from '../../src/shell-examples/run-examples.js'

/** Runs a page with these lines. */
function run(text: string, options?: RunExamplesOptions): Promise<number> {
  const dir = temporaryFolder()
  writeFiles(dir, { 'page.md': text })
  return runExamples(path.join(dir, 'page.md'), options)
}

test('a page is one terminal: folder, variables and exit codes go on, and files are written first', async () => {
  const count = await run(`
\`\`\`js
// hello.mjs
console.log('hello', process.env.WHO)
\`\`\`

\`\`\`sh
mkdir -p sub
cd sub
export WHO="a reader"
\`\`\`

\`\`\`console
$ node ../hello.mjs
hello a reader
$ ls no-such-file
…no-such-file…
$ echo $?
2
$ basename "$PWD"
sub
\`\`\`

<!-- example: empty -->

\`\`\`console
$ ls
$ echo "[$WHO]"
[]
\`\`\`
`)
  expect(count).toBe(3)
})

test.each([
  [
    'prints something else',
    '```console\n$ echo b\na\n```',
    'page.md:2: `echo b`: it did not print\n  | a\nIt printed:\n  | b'
  ],
  ['fails', '```console\n$ false\n```', '`false`: it ended with 1'],
  ['fails in the middle of a script', '```sh\nfalse\ntrue\n```', 'it ended with 1'],
  ['does not fail, as its page says', '<!-- example: fails -->\n```sh\ntrue\n```', 'it ended with 0'],
  [
    'ends, and should stay up',
    '<!-- example: stays up -->\n```console\n$ echo a\nb\n```',
    'it did not print, and go on'
  ],
  [
    'names what nothing told',
    '```console\n$ echo <peer key>\n```',
    'nothing before it told what <peer key> is'
  ],
  [
    'installs what the workspace has not',
    '```sh\nnpm install no-such-package-of-ours\n```',
    'no package `no-such-package-of-ours`'
  ]
])('an example that %s is told with its place', async (_, page, words) => {
  await expect(run(page)).rejects.toThrow(words)
})

test('what is not run, and what is long, is left out, with what follows a long one in its folder', async () => {
  const page = `
<!-- not run: it would end badly -->
\`\`\`sh
false
\`\`\`
<!-- example: empty, long -->
\`\`\`sh
touch here
\`\`\`

\`\`\`sh
test -e here
\`\`\`
<!-- example: empty -->
\`\`\`sh
test ! -e here
\`\`\`
`
  expect(await run(page)).toBe(1)
  expect(await run(page, { withLong: true })).toBe(3)
})

test('a command stays up in a terminal of its own, until the page ends; another is stopped by ^C', async () => {
  const count = await run(`
<!-- example: stays up -->
\`\`\`console
$ trap exit INT; echo "I am here: $$"; while :; do sleep 0.1; done
I am here: <pid>
\`\`\`

\`\`\`console
$ kill -0 <pid>
$ node -e "process.on('SIGINT', () => { console.log('down'); process.exit() }); console.log('up'); setInterval(() => {}, 1000)"
up
^C
down
\`\`\`
`)
  expect(count).toBe(2)
})

test(
  '`npx sitedrive` is the workspace\u2019s, and a peer has what the page publishes to it',
  { tags: 'long', timeout: 300_000 },
  async () => {
    const count = await run(`
<!-- example: site, seeded -->
\`\`\`console
$ npx sitedrive publish _site
Release 1: 3 new pages: “About”, “Contact”, “Home”; 284 B written, in 90 ms.
1 seed holds release 1, after 14 ms.
http://<key>.localhost:4480/
hyper://<key>/
$ npx sitedrive publish _site
No change: release 1 is what you built. (4 ms)
…
<link>
$ npx sitedrive log --json | grep -c '"release":1,'
1
\`\`\`
`)
    expect(count).toBe(1)
  }
)
