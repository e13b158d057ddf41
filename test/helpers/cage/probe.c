/* An addon that requests what the cage forbids and returns Node's status codes (9 and above are memory and type errors; 22 means "no
   external buffers"). */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

typedef struct napi_env__ *napi_env;
typedef struct napi_value__ *napi_value;
typedef void (*napi_finalize)(napi_env, void *, void *);
typedef napi_value (*napi_callback)(napi_env, void *);
int napi_create_external_arraybuffer(napi_env, void *, size_t, napi_finalize, void *, napi_value *);
int napi_create_external_buffer(napi_env, size_t, void *, napi_finalize, void *, napi_value *);
int napi_create_uint32(napi_env, uint32_t, napi_value *);
int napi_set_named_property(napi_env, napi_value, const char *, napi_value);

static char bytes[2][64];

napi_value napi_register_module_v1(napi_env env, napi_value exports) {
  napi_value made, answer;
  napi_create_uint32(env, napi_create_external_arraybuffer(env, bytes[0], 64, NULL, NULL, &made), &answer);
  napi_set_named_property(env, exports, "arrayBuffer", answer);
  napi_create_uint32(env, napi_create_external_buffer(env, 64, bytes[1], NULL, NULL, &made), &answer);
  napi_set_named_property(env, exports, "buffer", answer);
  if (getenv("PROBE_BLOCK")) {
    void *block = NULL;
    napi_create_uint32(env, posix_memalign(&block, 64, strtoull(getenv("PROBE_BLOCK"), NULL, 10)), &answer);
    napi_set_named_property(env, exports, "block", answer);
    free(block);
  }
  return exports;
}
