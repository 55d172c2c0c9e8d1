// A process of its own that publishes while a reader copies the drive from it, made to be killed at any moment.
// Arguments: output dir, project folder, port of the reader. Run from the built package.
import { once } from 'node:events'
import { connect } from 'node:net'
import { createPublisher } from '../../src/publish/publisher.js'
import { NO_SEEDS, type Uplink } from '../../src/session/uplink.js'

const [dir = '', projectDir = '', port = ''] = process.argv.slice(2)

const socket = connect(Number(port), '127.0.0.1')
const say = (what: string) => process.stdout.write(`${what}\n`)

/** Replicates over a plain socket from the moment that the publish has the store open. */
const uplink: Uplink = {
  ...NO_SEEDS,
  hasSeeds: true,
  connect(writer) {
    say('open')
    const stream = writer.replicate(true)
    stream.pipe(socket).pipe(stream)
    stream.on('error', () => {})
  },
  holdBlobs: async () => {
    say('blobs')
    return true
  },
  confirm: async () => {
    say('index')
    await once(process.stdin.resume(), 'end') // stays up until the reader has everything, or it is killed
  }
}
socket.on('error', () => {})

const outcome = await createPublisher({ projectDir }, () => uplink).publish(dir)
say(outcome.status)
socket.destroy()
