# Makes a copy of a source file of the core with a bug in it: cmake -D SOURCE=… -D PATCH=… -D OUT=…
execute_process(COMMAND patch --silent --force --fuzz=2 --output=${OUT} ${SOURCE} ${PATCH}
                RESULT_VARIABLE result OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(result)
  file(REMOVE ${OUT})
  message(FATAL_ERROR "${PATCH} no longer fits ${SOURCE}: plant the same bug in the file as it is "
                      "now, and write the difference (diff -U2) into the patch.\n${said}")
endif()
