import { existsSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import {
  cleanEnvironment,
  hasTerminal,
  startAtTerminal,
  startCommand,
  temporaryFolder,
  until
} from '@sitedrive/testing'
import { expect, test } from 'vitest'

const PROGRAM = fileURLToPath(new URL('support/slow-program.mjs', import.meta.url))

function slowProgram() {
  const file = path.join(temporaryFolder(), 'ended')
  const command = { command: process.execPath, args: [PROGRAM, 'work', file] }
  return { file, command, place: { cwd: temporaryFolder(), env: cleanEnvironment() } }
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)('%s is how a command ends well', async (name) => {
  const { file, command, place } = slowProgram()
  const running = startCommand(command, place)
  await until(() => running.output().includes('Working.'))
  running.signal(name)
  expect((await running.finished).exitCode).toBe(0)
  expect(readFileSync(file, 'utf8')).toBe('ended well')
})

test.each(['reason', 'error'])(
  'who stops a command in the middle reads that it was stopped (%s)',
  async (how) => {
    const { place } = slowProgram()
    const running = startCommand({ command: process.execPath, args: [PROGRAM, 'wait', how] }, place)
    await until(() => running.output().includes('Working.'))
    running.signal('SIGTERM')
    const { exitCode } = await running.finished
    expect([exitCode, running.output()]).toEqual([143, 'Working.\nError: Stopped.\n'])
  }
)

test.skipIf(!existsSync('/dev/full'))('a full disk under the output is named', async () => {
  const { place } = slowProgram()
  const toFullDisk = `exec "${process.execPath}" "${PROGRAM}" print > /dev/full`
  const running = startCommand({ command: 'sh', args: ['-c', toFullDisk] }, place)
  const { exitCode } = await running.finished
  expect([exitCode, running.output()]).toEqual([
    1,
    'Error: The disk is full: not all of the output could be written.\n'
  ])
})

test.each([
  ['SIGINT', 130],
  ['SIGTERM', 143]
] as const)('a second %s ends it at once, with %i', async (name, exitCode) => {
  const { file, command, place } = slowProgram()
  const running = startCommand(command, place)
  await until(() => running.output().includes('Working.'))
  running.signal(name)
  await until(() => running.output().includes('Stopping.'))
  running.signal(name)
  expect((await running.finished).exitCode).toBe(exitCode)
  expect(existsSync(file)).toBe(false)
})

test('a second SIGHUP does not: a terminal that is closed may send two', async () => {
  const { file, command, place } = slowProgram()
  const running = startCommand(command, place)
  await until(() => running.output().includes('Working.'))
  running.signal('SIGHUP')
  await until(() => running.output().includes('Stopping.'))
  running.signal('SIGHUP')
  expect((await running.finished).exitCode).toBe(0)
  expect(readFileSync(file, 'utf8')).toBe('ended well')
})

test.skipIf(!hasTerminal)('a command whose terminal is closed comes to its end all the same', async () => {
  const { file, command, place } = slowProgram()
  const terminal = startAtTerminal(command, place)
  await terminal.untilShows('Working.')
  terminal.hangUp()
  await until(() => existsSync(file))
})
