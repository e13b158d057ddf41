/** Addresses: what is not there, not understood, or not let in yet; going to an image; what runs and waits. */
export const route = {
  route: {
    unknown: 'This address leads nowhere',
    unknownHint: 'It may have been cut off, or changed by hand. Nothing was changed by it.',
    home: 'To the images',
    outside: 'This tab is not let in yet',
    outsideHint:
      'Open the address that the terminal shows (Enter there prints a new one), here or in another tab of this browser. While another tab has Dashi open, a new one is let in by itself.',
    goesOn: 'This tab then goes on to where its address says.',
    otherName: 'Only this name is shared between tabs:',
    needsProject: 'The address names a place in a project. Open the project, and you are there.',
    latestRun: 'Show the latest',
    nearestImage: 'Open the nearest image',
    copied: 'Link copied',
    goTo: 'Go to image',
    goToHint: 'Number of the image, then Enter',
    position: 'Image {at} of {all}. Type a number to go there.',
    noSuchPlace: 'There are {all}',
    notTaken: 'Dashi is there, but this window cannot go on: {problem}. It is tried again by itself.',
    gone: {
      image: 'This image is not in the project any more',
      imageHint: 'It was taken out of the project, or the address is of another one. What is undone brings it back.',
      run: 'This run is not in the project any more.',
      project:
        'The project of this address was moved or removed, or was never opened here. Open its folder, and you go on to where the address says.',
      label: 'A label that this address filters by is not there any more.',
      list: 'The list of images of this address is not kept here any more. All images are shown.',
    },
  },
  queue: {
    summary: '{running} running, {waiting} queued',
    running: '{n} running',
    waiting: 'queued',
    title: 'What is running',
    cancel: 'Cancel {job}',
    cancelAll: 'Cancel all',
    all: 'Show what is running',
    alone: '{n} queued',
  },
  fieldProblems: {
    number: 'a number is expected',
    whole: 'a whole number is expected',
    above: 'more than {n}',
    least: '{n} or more',
    most: '{n} at most',
  },
}
