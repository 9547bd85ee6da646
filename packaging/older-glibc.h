/* Included before every file that interpreter.sh compiles: glibc 2.29 brought further versions of these functions, and
   a program linked with them starts with no older one. The versions asked for here are in every glibc for x86-64. */
__asm__(".symver exp,exp@GLIBC_2.2.5");
__asm__(".symver exp2,exp2@GLIBC_2.2.5");
__asm__(".symver log,log@GLIBC_2.2.5");
__asm__(".symver log2,log2@GLIBC_2.2.5");
__asm__(".symver pow,pow@GLIBC_2.2.5");
