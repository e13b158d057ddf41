/** URLs: missing, invalid, or not yet authorised; going to an image. */
export const route = {
  route: {
    unknown: 'Page not found',
    unknownHint: 'The address may be incomplete or mistyped. Nothing was changed.',
    home: 'To the images',
    outside: 'This tab is not signed in',
    outsideHint:
      'Open the address shown in the terminal (press Enter there for a new one), here or in another tab of this browser. While ' +
      'another tab has Dashi open, new tabs are signed in automatically.',
    goesOn: 'This tab then opens the page in its address.',
    otherName: 'Only this address is shared between tabs:',
    needsProject: 'This address is inside a project. Open the project to go there.',
    latestRun: 'Show the latest',
    nearestImage: 'Open the nearest image',
    copied: 'Link copied',
    goTo: 'Go to image',
    goToHint: 'Type the number of the image and press Enter',
    position: 'Image {at} of {all}. Type a number to go there.',
    noSuchPlace: 'There are {all}',
    notTaken: 'Dashi is running, but this window cannot connect: {problem}. It will keep trying.',
    gone: {
      image: 'This image is no longer in the project',
      imageHint: 'It was removed, or the address belongs to another project. Undo can bring it back.',
      run: 'This run is no longer in the project.',
      project:
        'The project of this address was moved or removed, or was never opened here. Open its folder to continue to the page in the ' +
        'address.',
      label: 'A label that this address filters by no longer exists.',
      list: 'The image list of this address is no longer available. All images are shown.',
    },
  },
  fieldProblems: {
    number: 'must be a number',
    whole: 'must be a whole number',
    above: 'more than {n}',
    least: 'at least {n}',
    most: 'at most {n}',
  },
}
