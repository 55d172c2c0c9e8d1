// Runs a DHT on a host until its input ends.   node dht.mjs <address>   Prints { host, port } of a node.
import createTestnet from 'hyperdht/testnet.js'

const testnet = await createTestnet(10, { host: process.argv[2] })
console.log(JSON.stringify(testnet.bootstrap[0]))
process.stdin.on('end', () => void testnet.destroy())
process.stdin.resume()
