package io.github.pgdispatch.samples.outbox;

import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.builder.SpringApplicationBuilder;

@SpringBootApplication
class OutboxApplication {

	public static void main(String[] args) {
		new SpringApplicationBuilder(OutboxApplication.class).initializers(new EmbeddedServers()).run(args);
	}

}
