export default {
  title: 'Append Only',
  tagline: 'Notes on publishing without a host',
  description: 'Essays on peer-to-peer publishing, append-only logs, keys, seeds and owning your own site.',
  language: 'en'
}
