"""Golden parquet files as the `datasets` library lays them out, by pyarrow: python parquet.py (pip install pyarrow pillow)."""
import io, json, os
import pyarrow as pa, pyarrow.parquet as pq
from PIL import Image

here = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'parquet')


def picture(colour, size=(40, 30), form='PNG'):
    out = io.BytesIO()
    Image.new('RGB', size, colour).save(out, form)
    return out.getvalue()


def label(names):
    return {'names': names, '_type': 'ClassLabel'}


struct = pa.struct([('bytes', pa.binary()), ('path', pa.string())])
objects = pa.struct([('id', pa.list_(pa.int64())), ('area', pa.list_(pa.int64())), ('bbox', pa.list_(pa.list_(pa.float32(), 4))), ('category', pa.list_(pa.int64())), ('difficult', pa.list_(pa.bool_()))])
features = {
    'image': {'_type': 'Image'}, 'label': label(['indoor', 'outdoor']), 'text': {'dtype': 'string', '_type': 'Value'},
    'objects': {'feature': {'category': label(['cat', 'dog'])}, '_type': 'Sequence'},
}


def write(name, rows, **options):
    schema = pa.schema([('image', struct), ('label', pa.int64()), ('text', pa.list_(pa.string())), ('objects', objects), ('note', pa.string())], metadata={'huggingface': json.dumps({'info': {'features': features}})})
    pq.write_table(pa.Table.from_pylist(rows, schema=schema), os.path.join(here, name), **options)


def row(image, path, lab, text, boxes, cats):
    return {'image': {'bytes': image, 'path': path}, 'label': lab, 'text': text, 'note': 'n', 'objects': {'id': list(range(len(boxes))), 'area': [1] * len(boxes), 'bbox': boxes, 'category': cats, 'difficult': [i == 1 for i in range(len(boxes))]}}


write('data/train-00000-of-00002.parquet', [row(picture('red'), 'a.png', 1, ['one cat', 'a red one'], [[1, 2, 3, 4], [5, 6, 7, 8]], [0, 1]), row(picture('green', form='JPEG'), None, 0, [], [], [])], compression='snappy', row_group_size=1)
write('data/train-00001-of-00002.parquet', [row(picture('blue'), 'a.png', -1, ['blue'], [[20, 10, 10, 10]], [1])], compression='zstd')
write('data/validation-00000-of-00001.parquet', [row(picture('white'), 'w.png', None, None, [], [])], compression='gzip', data_page_version='2.0')
pq.write_table(pa.table({'file_name': ['a.png', 'b.png'], 'text': ['a caption', 'b caption'], 'width': pa.array([40, 40], pa.int32()), 'bboxes': [[[1, 2, 11, 10]], [[20, 10, 39, 29]]], 'height': pa.array([30, 30], pa.int32())}), os.path.join(here, 'metadata.parquet'), compression='brotli')
