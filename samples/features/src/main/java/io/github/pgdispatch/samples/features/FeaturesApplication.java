package io.github.pgdispatch.samples.features;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

@SpringBootApplication
class FeaturesApplication {

	public static void main(String[] arguments) {
		SpringApplication.run(FeaturesApplication.class, arguments);
	}

}
