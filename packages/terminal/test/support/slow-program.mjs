// A program that takes a while to end when it is asked to: `node slow-program.mjs work <file>` then writes to the file. With `wait` it is in the
// middle of something; `print` prints for ever.
import { writeFileSync } from 'node:fs'
import { setTimeout as pause } from 'node:timers/promises'
import { plainStyle, runProcess, untilStopped } from '@sitedrive/terminal'

const program = {
  name: 'slow-program',
  description: 'Takes a while to end.',
  version: '1.0.0',
  style: plainStyle,
  addCommands(command, perform) {
    command.command('work <file>').action((file) =>
      perform({}, async ({ screen, signal, expectStopSignal }) => {
        expectStopSignal()
        screen.print('Working.')
        const timer = setInterval(() => {}, 1_000) // waiting for a signal keeps no process alive
        await untilStopped(signal)
        clearInterval(timer)
        screen.info('Stopping.')
        await pause(200)
        writeFileSync(file, 'ended well')
        return 0
      })
    )
    command.command('wait <how>').action((how) =>
      perform({}, async ({ screen, signal }) => {
        screen.print('Working.')
        if (how === 'reason') for (;;) await pause(10).then(() => signal.throwIfAborted())
        return pause(2 ** 31 - 1, 0, { signal })
      })
    )
    command.command('print').action(() =>
      perform({}, async ({ screen }) => {
        for (;;) await pause(1).then(() => screen.print('Working.'))
      })
    )
  },
  describeUsageError: ({ problem }) => ({ message: String(problem) })
}

await runProcess(program, process.env)
