package io.github.pgdispatch.samples.orders;

record NewOrder(String customer, String item) {

}
