export default [
  { text: 'Entries', href: '/archive/' },
  { text: 'Tags', href: '/tags/' },
  { text: 'About', href: '/about/' },
  { text: 'Feed', href: '/feed.xml' }
]
