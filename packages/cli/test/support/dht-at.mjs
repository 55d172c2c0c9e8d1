// A DHT at an address of this machine, until it is killed. Prints what goes into `SITEDRIVE_BOOTSTRAP`.
import { openLocalDht } from '@sitedrive/core/drive'

const { bootstrap } = await openLocalDht(process.argv[2])
process.stdout.write(`${bootstrap.map(({ host, port }) => `${host}:${port}`).join(',')}\n`)
