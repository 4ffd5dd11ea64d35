package io.github.pgdispatch.samples.documentation;

import org.springframework.boot.autoconfigure.SpringBootApplication;

/**
 * The sample, whose tables and functions the documentation speaks of.
 */
@SpringBootApplication(scanBasePackages = "io.github.pgdispatch.samples.signup")
class DocumentedApplication {

}
