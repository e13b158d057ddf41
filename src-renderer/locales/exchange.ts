/** Formats, what datasets hold, and what becomes of what a format cannot hold. */
import type { Feature, FormatName } from '#shared/model/exchange.ts'

type Words = {
  /** Where the format's own title won't do. */
  formats: Partial<Record<FormatName, string>>
  features: Record<Feature, string>
  /** By the words of the application, which are English. */
  becomes: Readonly<Record<string, string>>
}

const names = {
  coco: 'COCO',
  imagefolder: 'Hugging Face ImageFolder',
  webdataset: 'WebDataset',
  labelme: 'LabelMe',
  voc: 'Pascal VOC',
  cvat: 'CVAT',
  labelstudio: 'Label Studio',
  datumaro: 'Datumaro',
  dashi: 'Dashi',
}

const exchangeEn: Words = {
  formats: { ...names, masks: 'Indexed PNG masks', folders: 'A folder for each label', captions: 'Text files of captions' },
  features: {
    boxes: 'boxes',
    'rotated boxes': 'rotated boxes',
    polygons: 'polygons',
    holes: 'holes',
    parts: 'regions of several parts',
    masks: 'masks',
    polylines: 'polylines',
    keypoints: 'points',
    'unlabelled regions': 'unlabelled regions',
    attributes: 'attributes',
    'attribute definitions': 'labels’ definitions of attributes',
    tracks: 'tracks',
    'parent labels': 'labels below others',
    skeletons: 'skeletons of labels',
    'drawing order': 'drawing order',
    'image labels': 'labels of images',
    'several labels an image': 'several labels on an image',
    captions: 'captions',
    'several captions an image': 'several captions of an image',
    'region captions': 'captions of regions',
    'grounded captions': 'words tied to regions',
    'caption languages': 'languages of captions',
    tags: 'tags',
    splits: 'splits',
    authors: 'authors',
    'review states': 'states of review',
    comments: 'comments',
    'proposals left out': 'proposals',
    'images without annotations': 'images without annotations',
  },
  becomes: {},
}

const exchangeJa: Words = {
  formats: { ...names, masks: '番号付き PNG マスク', folders: 'ラベルごとのフォルダー', captions: 'キャプションのテキストファイル' },
  features: {
    boxes: '矩形',
    'rotated boxes': '回転矩形',
    polygons: '多角形',
    holes: '穴',
    parts: '複数の部分を持つ領域',
    masks: 'マスク',
    polylines: '折れ線',
    keypoints: '点',
    'unlabelled regions': 'ラベルのない領域',
    attributes: '属性',
    'attribute definitions': 'ラベルの属性定義',
    tracks: 'トラック',
    'parent labels': '親を持つラベル',
    skeletons: 'ラベルの骨格',
    'drawing order': '重なり順',
    'image labels': '画像ラベル',
    'several labels an image': '一枚に複数のラベル',
    captions: 'キャプション',
    'several captions an image': '一枚に複数のキャプション',
    'region captions': '領域のキャプション',
    'grounded captions': '領域に結び付けた語句',
    'caption languages': 'キャプションの言語',
    tags: 'タグ',
    splits: '分割',
    authors: '作成者',
    'review states': 'レビューの状態',
    comments: 'コメント',
    'proposals left out': '提案',
    'images without annotations': '注釈のない画像',
  },
  becomes: {
    'are kept, but for which are required': '保たれますが、必須かどうかは失われます',
    'lie beside the others': '親子でなく並びます',
    'are left out': '含まれません',
    'are left out but for the first': '最初の一つだけが残ります',
    'become their boxes': '外接矩形になります',
    'become upright boxes': '水平な矩形になります',
    'become polygons of four points': '四点の多角形になります',
    'become filled masks': '塗りつぶしたマスクになります',
    'become masks': 'マスクになります',
    'become polygons along the borders of their pixels': '画素の縁に沿った多角形になります',
    'become objects of their own': '別々の物体になります',
    'are filled': '塗りつぶされます',
    'are left out; those without an outline of their group become their boxes':
      '含まれません。同じグループの輪郭がないものは外接矩形になります',
    'are lost in the boxes': '矩形になると失われます',
    'are left out but for those of regions': '領域のものだけが残ります',
    'are left out but for “difficult” and “gsd”': '「difficult」と「gsd」だけが残ります',
    'become polygons of four points, with their angle as the attribute “rotation”': '四点の多角形になり、角度は属性「rotation」に残ります',
    'become rotated boxes with an angle of 0': '角度 0 の回転矩形になります',
    'become the smallest rotated boxes around them': 'それを囲む最小の回転矩形になります',
    'become the smallest rotated boxes around them, unless they have four points': '四点でないものは、それを囲む最小の回転矩形になります',
    'are kept: the polygons that have them become masks (RLE), exact to the pixel':
      '保たれます。穴を持つ多角形は画素単位で正確なマスク（RLE）になります',
    'are kept: the polygons that have them become masks': '保たれます。穴を持つ多角形はマスクになります',
    'are kept: the polygons that have them become brush masks': '保たれます。穴を持つ多角形はブラシのマスクになります',
    'are kept: polygons of several parts become one brush mask': '保たれます。複数の部分を持つ多角形は一つのブラシのマスクになります',
    'are kept of regions': '領域のものは残ります',
    'are not exported unless asked for (states)': '指定しない限り含まれません（states）',
    'get the class “unlabelled”': 'クラス「unlabelled」になります',
    'get the category “unlabelled”': 'カテゴリー「unlabelled」になります',
    'get the label “unlabelled”': 'ラベル「unlabelled」になります',
    'get the name “unlabelled”': '名前「unlabelled」になります',
    'lie in a folder _unlabelled': 'フォルダー _unlabelled に入ります',
    'is the order of the objects in the file': 'ファイル内の物体の順になります',
    'is the order of the rows': '行の順になります',
    'decides which object a pixel belongs to; what lies below is lost': '上のものが画素を占め、下に重なる部分は失われます',
  },
}

export const exchangeWords: Readonly<Record<string, Words>> = { en: exchangeEn, ja: exchangeJa }
