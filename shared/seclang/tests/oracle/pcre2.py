"""PCRE2 as libmodsecurity carries it (10.32), called directly, with the options that ModSecurity compiles with."""
import ctypes
import glob
import os

import libmodsecurity

ROOT = os.path.dirname(os.path.dirname(libmodsecurity.__file__))
LIBRARY = ctypes.CDLL(glob.glob(ROOT + '/libmodsecurity.libs/libpcre2-8*')[0])
DOTALL, MULTILINE = 0x20, 0x400
UNSET = 2 ** 64 - 1

for name, result in [('compile', ctypes.c_void_p), ('match_data_create_from_pattern', ctypes.c_void_p),
                     ('get_ovector_pointer', ctypes.POINTER(ctypes.c_size_t))]:
    getattr(LIBRARY, f'pcre2_{name}_8').restype = result


class Pattern:
    def __init__(self, text: bytes):
        error, offset = ctypes.c_int(), ctypes.c_size_t()
        self.code = LIBRARY.pcre2_compile_8(text, ctypes.c_size_t(len(text)), DOTALL | MULTILINE,
                                            ctypes.byref(error), ctypes.byref(offset), None)
        if not self.code:
            message = ctypes.create_string_buffer(200)
            LIBRARY.pcre2_get_error_message_8(error.value, message, 200)
            raise ValueError(f'{message.value.decode()} at {offset.value}')
        self.code = ctypes.c_void_p(self.code)
        self.data = ctypes.c_void_p(LIBRARY.pcre2_match_data_create_from_pattern_8(self.code, None))

    def __del__(self):
        if getattr(self, 'data', None):
            LIBRARY.pcre2_match_data_free_8(self.data)
            LIBRARY.pcre2_code_free_8(self.code)

    def test(self, value: bytes):
        """Whether it matches, and its groups as a dictionary from number to bytes; None where PCRE gives up."""
        count = LIBRARY.pcre2_match_8(self.code, value, ctypes.c_size_t(len(value)), ctypes.c_size_t(0),
                                      ctypes.c_uint32(0), self.data, None)
        if count < 0:
            return (False, {}) if count == -1 else None
        spans = LIBRARY.pcre2_get_ovector_pointer_8(self.data)
        return True, {group: value[spans[2 * group]:spans[2 * group + 1]]
                      for group in range(count) if spans[2 * group] != UNSET}
