// A load on one server, from a process of its own. Argument, as JSON: port, host, requests, connections, seconds. Prints
// what it found. Clients that parse every answer in JavaScript are slower than the servers and measure themselves: this
// one reads the first answer to each request, and then expects as many bytes, and the same status, of all others.
import { connect } from 'node:net'

const { port, host, requests, connections, seconds } = JSON.parse(process.argv[2])
const payloads = requests.map(({ path, headers = {} }) => {
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`)
  return Buffer.from(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`)
})
const expected = []
for (const payload of payloads) expected.push(await readOne(payload))
const took = []
let errors = 0
let next = 0
const startedAt = performance.now()
const end = startedAt + seconds * 1000

await Promise.all(Array.from({ length: connections }, ask))
const elapsed = (performance.now() - startedAt) / 1000
took.sort((a, b) => a - b)
const p99 = took[Math.floor(took.length * 0.99)] ?? null
const statuses = expected.map(({ status }) => status)
console.log(JSON.stringify({ perSecond: took.length / elapsed, p99, errors, statuses }))

/** One connection: asks again as soon as it has its answer, until the time is over. */
function ask() {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    let sentAt = 0
    let left = 0
    let awaited
    const send = () => {
      const at = next++ % payloads.length
      awaited = expected[at]
      left = awaited.byteLength
      sentAt = performance.now()
      socket.write(payloads[at])
    }
    socket.on('connect', send)
    socket.on('error', () => errors++)
    socket.on('close', resolve)
    socket.on('data', (bytes) => {
      // The status is at bytes 9 to 11 of an answer.
      if (left === awaited.byteLength && bytes[9] !== awaited.firstDigit) errors++
      left -= bytes.length
      if (left > 0) return
      if (left < 0) throw new Error('an answer was longer than the first one to the same request')
      const now = performance.now()
      took.push(now - sentAt)
      if (now < end) send()
      else socket.destroy()
    })
  })
}

/** How long the answer to a request is, with its head. It is known by the silence after it. */
function readOne(payload) {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(payload))
    const chunks = []
    socket.setTimeout(300, () => {
      socket.destroy()
      const answer = Buffer.concat(chunks)
      resolve({ byteLength: answer.length, status: answer.toString('latin1', 9, 12), firstDigit: answer[9] })
    })
    socket.on('data', (bytes) => chunks.push(bytes))
    socket.on('error', reject)
  })
}
